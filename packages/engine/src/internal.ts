/** Hidden entry points: processes that the engine starts of itself. Nothing here reads settings or state. */
import { runUnpackChild } from "./host/layers/unpack/unpack-child.ts";

/** `podwright internal VERB …`; gives the exit status. */
export async function runInternal(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "unpack-layer") return await runUnpackChild(rest);
  return 2;
}
