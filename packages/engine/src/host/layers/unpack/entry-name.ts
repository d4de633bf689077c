/** Turns an archive's names into paths below the layer's root, or refuses them. */
import { EngineError } from "@podwright/spec/errors/engine-error";

const SLASH = 0x2f;
const PATH_LIMIT = 4095;

export function refusal(reason: string): EngineError {
  return new EngineError("IMAGE_LAYER_INVALID", reason);
}

/**
 * Lexically: `/a/./b` is `a/b`, `a/../b` is `b`; the root is empty. A name that climbs above the root is refused
 * though the process could not leave it either: no honest layer has one.
 */
export function normalizeName(name: Buffer): Buffer {
  if (name.includes(0)) throw refusal("the name holds a NUL byte");
  const parts: Buffer[] = [];
  let start = 0;
  while (start <= name.length) {
    const slash = name.indexOf(SLASH, start);
    const end = slash === -1 ? name.length : slash;
    const part = name.subarray(start, end);
    const text = part.length <= 2 ? part.toString("latin1") : "";
    if (text === "..") {
      if (parts.pop() === undefined) throw refusal("the name leads out of the layer");
    } else if (part.length > 0 && text !== ".") {
      parts.push(part);
    }
    start = end + 1;
  }
  const path = join(parts);
  if (path.length > PATH_LIMIT) throw refusal("the name is too long");
  return path;
}

export function parentOf(path: Buffer): Buffer {
  const slash = path.lastIndexOf(SLASH);
  return slash === -1 ? Buffer.alloc(0) : path.subarray(0, slash);
}

export function baseOf(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf(SLASH) + 1);
}

export function joinName(directory: Buffer, base: Buffer): Buffer {
  return directory.length === 0 ? base : Buffer.concat([directory, Buffer.of(SLASH), base]);
}

/** Every directory on the way to `path`, the outermost first, `path` itself last. */
export function prefixesOf(path: Buffer): Buffer[] {
  const prefixes: Buffer[] = [];
  for (let at = path.indexOf(SLASH); at !== -1; at = path.indexOf(SLASH, at + 1)) {
    prefixes.push(path.subarray(0, at));
  }
  if (path.length > 0) prefixes.push(path);
  return prefixes;
}

function join(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.of(SLASH), part])));
}
