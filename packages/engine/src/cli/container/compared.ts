/** What `diff` compares: one or two names, or the latest container. */
import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { oneContainer } from "./selection.ts";

/** @throws CLI_USAGE, CONTAINER_NOT_FOUND */
export async function compared(
  engine: Engine,
  {
    args,
    latest,
    command,
  }: { readonly args: readonly string[]; readonly latest: boolean; readonly command: string },
): Promise<{ readonly first: string; readonly second?: string }> {
  const [first, second] = args;
  if (latest) {
    if (first !== undefined) throw usage("--latest and containers cannot be used together");
    return { first: await oneContainer(engine, { args, latest }) };
  }
  if (first === undefined) throw usage(`"${command}" requires a name, id, or the "--latest" flag`);
  return second === undefined ? { first } : { first, second };
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}
