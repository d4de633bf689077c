/** Flags that fill the container's environment. */
import { ENTRY, ROOTLESS_UID } from "../../base/entry-variables.ts";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flags, FlagValues } from "../frame/command.ts";
import { keyValue } from "./labels.ts";
import { readLines } from "./line-file.ts";

export const environmentFlags = {
  env: {
    type: "list",
    short: "e",
    help: "Set environment variables in container",
    valueName: "NAME[=VALUE]|PREFIX*",
    complete: "none",
  },
  "env-file": {
    type: "list",
    help: "Read in a file of environment variables",
    valueName: "FILE",
    complete: "file",
  },
  "env-host": { type: "bool", help: "Use all current host environment variables in container" },
  "env-merge": {
    type: "list",
    help: "Preprocess environment variables from image before injecting them into the container",
    valueName: "NAME=VALUE",
    complete: "none",
  },
  unsetenv: {
    type: "list",
    help: "Unset environment default variables in container",
    valueName: "NAME",
    complete: "none",
  },
  "unsetenv-all": { type: "bool", help: "Unset all default environment variables in container" },
  "http-proxy": {
    type: "bool",
    default: true,
    help: "Set proxy environment variables in the container based on the host proxy vars",
  },
} as const satisfies Flags;

/** Said by the engine to itself: a container is not inside. */
const OUR_OWN = new Set([ROOTLESS_UID, ENTRY]);

type HostEnv = Readonly<Record<string, string | undefined>>;

/** `KEY=value`, each key once: the host's (if wanted), then files, then flags. @throws VALUE_INVALID */
export function parseEnvironment(
  flags: Pick<FlagValues<typeof environmentFlags>, "env" | "env-file" | "env-host">,
  host: HostEnv,
): string[] {
  const result = new Map<string, string>();
  if (flags["env-host"]) matching(host, "").forEach(([key, value]) => result.set(key, value));
  for (const file of flags["env-file"]) {
    try {
      for (const line of readLines(file)) add(result, line, host);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError("VALUE_INVALID", `parsing file ${JSON.stringify(file)}: ${error.message}`);
    }
  }
  for (const text of flags.env) add(result, text, host);
  return [...result].map(([key, value]) => `${key}=${value}`);
}

function add(result: Map<string, string>, text: string, host: HostEnv): void {
  const [key, value] = keyValue(text);
  if (key === "") throw new EngineError("VALUE_INVALID", `invalid variable: ${JSON.stringify(text)}`);
  if (value !== undefined) result.set(key, value);
  else if (key.endsWith("*")) matching(host, key.slice(0, -1)).forEach(([k, v]) => result.set(k, v));
  else if (host[key] !== undefined) result.set(key, host[key]);
}

function matching(host: HostEnv, prefix: string): [string, string][] {
  return Object.entries(host).flatMap(([key, value]): [string, string][] =>
    value !== undefined && key.startsWith(prefix) && !OUR_OWN.has(key) ? [[key, value]] : [],
  );
}
