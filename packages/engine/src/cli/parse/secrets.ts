/** `--secret SECRET[,type=mount|env][,target=,uid=,gid=,mode=]`. */
import type { SecretUse } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flags } from "../frame/command.ts";
import { keyValue } from "./labels.ts";

export const secretFlags = {
  secret: {
    type: "list",
    help: "Add secret to container",
    valueName: "SECRET[,OPT=OPT...]",
    complete: "none",
  },
} as const satisfies Flags;

const MODE = 0o444;
const LARGEST = 0xffffffff;

interface Options {
  source: string;
  kind: SecretUse["kind"] | undefined;
  target: string;
  uid: number | undefined;
  gid: number | undefined;
  mode: number | undefined;
}

/** @throws VALUE_INVALID */
export function parseSecrets(values: readonly string[]): SecretUse[] {
  return values.map((text) => toUse(readOptions(text), text));
}

function readOptions(text: string): Options {
  const options: Options = {
    source: "",
    kind: undefined,
    target: "",
    uid: undefined,
    gid: undefined,
    mode: undefined,
  };
  const [first = "", ...rest] = text.split(",");
  // A name alone may hold an equals sign: there is nothing else that it could be.
  const isNamed = !first.includes("=") || rest.length === 0;
  if (isNamed) options.source = first;
  for (const part of isNamed ? rest : [first, ...rest]) readOption(options, part);
  return options;
}

function readOption(options: Options, part: string): void {
  const [name, value] = keyValue(part);
  if (value === undefined) throw invalid(`option ${part} must be in form option=value`);
  switch (name) {
    case "source":
      options.source = value;
      return;
    case "target":
      options.target = value;
      return;
    case "type":
      if (options.kind !== undefined) throw invalid("cannot set more than one secret type");
      if (value !== "mount" && value !== "env") throw invalid(`type ${value} is invalid`);
      options.kind = value;
      return;
    case "mode":
      options.mode = number(value, /^[0-7]+$/, 8, `mode ${value} invalid`);
      return;
    case "uid":
    case "UID":
      options.uid = number(value, /^\d+$/, 10, `UID ${value} invalid`);
      return;
    case "gid":
    case "GID":
      options.gid = number(value, /^\d+$/, 10, `GID ${value} invalid`);
      return;
    default:
      throw invalid(`option ${part} invalid`);
  }
}

function toUse({ source, kind, target, uid, gid, mode }: Options, text: string): SecretUse {
  if (source === "") throw invalid(`no source found ${text}`);
  if (kind !== "env") {
    return { kind: "mount", source, target, uid: uid ?? 0, gid: gid ?? 0, mode: mode ?? MODE };
  }
  if (uid !== undefined || gid !== undefined || mode !== undefined) {
    throw invalid("UID, GID, Mode options cannot be set with secret type env");
  }
  return { kind, source, variable: target };
}

function number(text: string, pattern: RegExp, base: number, otherwise: string): number {
  const value = Number.parseInt(text, base);
  if (pattern.test(text) && value <= LARGEST) return value;
  throw invalid(otherwise);
}

function invalid(message: string): EngineError {
  return new EngineError("VALUE_INVALID", `${message}: parsing secret`);
}
