/** Flags that choose where a namespace comes from. */
import type { NamespaceMode } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flags, FlagValues } from "../frame/command.ts";
import { usernsFlags } from "./userns.ts";

export const namespaceFlags = {
  pid: {
    type: "string",
    help: "PID namespace to use",
    valueName: "host|private|container:ID|ns:PATH",
    complete: "none",
  },
  ipc: {
    type: "string",
    help: "IPC namespace to use",
    valueName: "host|private|shareable|none|container:ID|ns:PATH",
    complete: "none",
  },
  uts: {
    type: "string",
    help: "UTS namespace to use",
    valueName: "host|private|container:ID|ns:PATH",
    complete: "none",
  },
  cgroupns: {
    type: "string",
    help: "cgroup namespace to use",
    valueName: "host|private|container:ID|ns:PATH",
    complete: "none",
  },
  ...usernsFlags,
} as const satisfies Flags;

export interface NamespaceChoices {
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly uts?: NamespaceMode;
  readonly cgroupns?: NamespaceMode;
}

/** Absent means: the pod's or the default. @throws CONTAINER_INVALID */
export function parseNamespaces(flags: FlagValues<typeof namespaceFlags>): NamespaceChoices {
  return {
    ...choice("pid", flags.pid),
    ...choice("ipc", flags.ipc),
    ...choice("uts", flags.uts),
    ...choice("cgroupns", flags.cgroupns),
  };
}

function choice(flag: keyof NamespaceChoices, text: string | undefined): NamespaceChoices {
  return text === undefined || text === "" ? {} : { [flag]: parseNamespaceMode(text, flag) };
}

/** @throws CONTAINER_INVALID */
export function parseNamespaceMode(text: string, flag: keyof NamespaceChoices): NamespaceMode {
  if (text === "host" || text === "private") return { kind: text };
  if (flag === "ipc" && (text === "shareable" || text === "none")) return { kind: text };
  const [, kind, value] = /^(ns|container):(.*)$/s.exec(text) ?? [];
  if (kind === undefined || value === undefined) throw invalid(`unrecognized namespace mode ${text} passed`);
  if (value === "") throw invalid(`namespace mode ${kind === "ns" ? "path" : kind} requires a value`);
  return kind === "ns" ? { kind: "path", path: value } : { kind: "container", container: value };
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
