/** Flags and names of the inspect commands. */
import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flags } from "../frame/command.ts";

export const formatFlag = {
  type: "string",
  short: "f",
  help: "Format the output to a Go template or json",
  default: "json",
  complete: "none",
} as const satisfies Flags[string];

export const sizeFlag = {
  type: "bool",
  short: "s",
  help: "Display total file size",
  default: false,
} as const satisfies Flags[string];

export const latestFlag = {
  type: "bool",
  short: "l",
  help: "Act on the latest container or pod that the engine is aware of",
  default: false,
} as const satisfies Flags[string];

/** The names given, or that of the newest object. @throws CLI_USAGE, CONTAINER_NOT_FOUND, POD_NOT_FOUND */
export async function namesOrLatest(
  args: readonly string[],
  latest: boolean,
  newest: () => Promise<string>,
): Promise<readonly string[]> {
  if (latest && args.length > 0) {
    throw new EngineError("CLI_USAGE", "--latest and arguments cannot be used together");
  }
  if (!latest && args.length === 0) throw new EngineError("CLI_USAGE", "no names or ids specified");
  return latest ? [await newest()] : args;
}

export async function newestContainer(engine: Engine): Promise<string> {
  const containers = await engine.containers();
  const [row] = await containers.list({ all: true, filters: {}, last: 1, size: false, namespaces: false });
  if (row === undefined) {
    throw new EngineError("CONTAINER_NOT_FOUND", "no containers to inspect: no such container");
  }
  return row.id;
}

export async function newestPod(engine: Engine): Promise<string> {
  const pods = await (await engine.pods()).list({});
  const [pod] = pods.toSorted((a, b) => b.created - a.created);
  if (pod === undefined) throw new EngineError("POD_NOT_FOUND", "no pods exist: no such pod");
  return pod.id;
}
