/** The window's first size, which a process gets before it starts, apart from the changes that follow. */
import type { TerminalSize } from "@podwright/spec/engine-api/containers";

/** Takes the size that is known already, for the runtime spec; the rest stays in the iterable. */
export async function firstSize(sizes: AsyncIterable<TerminalSize> | undefined): Promise<{
  first?: TerminalSize;
  resize?: AsyncIterable<TerminalSize>;
}> {
  if (sizes === undefined) return {};
  const iterator = sizes[Symbol.asyncIterator]();
  const { value, done } = await iterator.next();
  if (done === true) return {};
  const resize = { [Symbol.asyncIterator]: () => iterator };
  return isKnown(value) ? { first: value, resize } : { resize };
}

/** A terminal that nobody sees has none. */
export function isKnown({ rows, columns }: TerminalSize): boolean {
  return rows > 0 && columns > 0;
}
