/** How container verbs choose their containers: shared by all of them. */
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseFilters } from "@podwright/spec/values/filter";
import { existsSync } from "node:fs";
import { readFirstLine } from "../parse/line-file.ts";

export const latestFlag = {
  type: "bool",
  short: "l",
  help: "Act on the latest container podwright is aware of",
} as const;
export const cidfileFlag = {
  type: "list",
  help: "Read the container ID from the file",
  valueName: "file",
  complete: "file",
} as const;
export const filterFlag = {
  type: "list",
  short: "f",
  help: "Filter output based on conditions given",
  valueName: "filter",
  complete: "none",
} as const;
export const timeFlag = {
  type: "int",
  short: "t",
  help: "Seconds to wait for stop before killing the container",
  valueName: "seconds",
  complete: "none",
} as const;

export interface Choice {
  readonly args: readonly string[];
  readonly all?: boolean;
  readonly latest?: boolean;
  readonly cidfiles?: readonly string[];
  readonly filters?: readonly string[];
  /** A missing cidfile is passed over. */
  readonly ignore?: boolean;
}

/** @throws CONTAINER_NOT_FOUND when the latest is asked for and there is none */
export async function selectContainers(engine: Engine, choice: Choice): Promise<Selection> {
  if (choice.latest === true) return { names: [await latestContainer(engine)], all: false };
  const filters = parseFilters(choice.filters ?? [], (value) => `invalid filter ${JSON.stringify(value)}`);
  return {
    names: [...choice.args, ...idsFrom(choice)].map(withoutSlash),
    all: choice.all === true,
    ...(Object.keys(filters).length === 0 ? {} : { filters }),
  };
}

/** One container: named, or the latest. */
export async function oneContainer(engine: Engine, choice: Choice): Promise<string> {
  const { names } = await selectContainers(engine, choice);
  return names[0] ?? "";
}

async function latestContainer(engine: Engine): Promise<string> {
  const containers = await engine.containers();
  const [latest] = await containers.list({ all: true, filters: {}, last: 1, size: false, namespaces: false });
  if (latest !== undefined) return latest.id;
  throw new EngineError("CONTAINER_NOT_FOUND", "no containers to list: no such container");
}

function idsFrom({ cidfiles = [], ignore }: Choice): string[] {
  const present = ignore === true ? cidfiles.filter((path) => existsSync(path)) : cidfiles;
  return present.map((path) => {
    try {
      return readFirstLine(path).trim();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EngineError("CLI_USAGE", `reading CIDFile: ${reason}`, { cause });
    }
  });
}

/** Docker's scripts write names with a leading slash. */
function withoutSlash(name: string): string {
  return name.replace(/^\//, "");
}
