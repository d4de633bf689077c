/** Flags that add to or take from what a container may do. */
import { resolve } from "node:path";
import type { SecurityRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flags } from "../frame/command.ts";

/** Those that a pod takes as well. */
export const securityOptFlags = {
  "security-opt": {
    type: "list",
    help: "Security options",
    valueName: "apparmor|label|mask|no-new-privileges|proc-opts|seccomp|systempaths|unmask=VALUE",
    complete: "none",
  },
} as const satisfies Flags;

export const securityFlags = {
  ...securityOptFlags,
  "cap-add": { type: "csv", help: "Add capabilities to the container", valueName: "CAP", complete: "none" },
  "cap-drop": {
    type: "csv",
    help: "Drop capabilities from the container",
    valueName: "CAP",
    complete: "none",
  },
  privileged: { type: "bool", help: "Give extended privileges to container" },
} as const satisfies Flags;

export interface SecurityValues {
  readonly "security-opt": readonly string[];
  readonly "cap-add"?: readonly string[];
  readonly "cap-drop"?: readonly string[];
  readonly privileged?: boolean;
}

/** @throws CONTAINER_INVALID */
export function parseSecurity(flags: SecurityValues): SecurityRequest {
  const draft: Draft = {
    noNewPrivileges: false,
    seccomp: "",
    apparmor: "",
    labels: [],
    mask: [],
    unmask: [],
    procOptions: [],
  };
  for (const option of flags["security-opt"]) applyOption(draft, option);
  return {
    privileged: flags.privileged ?? false,
    capAdd: flags["cap-add"] ?? [],
    capDrop: flags["cap-drop"] ?? [],
    ...draft,
  };
}

interface Draft {
  noNewPrivileges: boolean;
  seccomp: string;
  apparmor: string;
  labels: string[];
  mask: string[];
  unmask: string[];
  procOptions: string[];
}

function applyOption(draft: Draft, option: string): void {
  const { key, value } = split(option);
  if (value === undefined && key !== "no-new-privileges") {
    throw invalid(`invalid --security-opt 1: ${JSON.stringify(option)}`);
  }
  const text = value ?? "";
  switch (key) {
    case "no-new-privileges":
      draft.noNewPrivileges = isTrue(value, option);
      return;
    case "seccomp":
      draft.seccomp = text === "unconfined" || text === "" ? text : resolve(text);
      return;
    case "apparmor":
      draft.apparmor = text;
      return;
    case "label":
      draft.labels.push(text);
      return;
    case "mask":
      draft.mask.push(...text.split(":"));
      return;
    case "unmask":
      draft.unmask.push(...(text.toUpperCase() === "ALL" ? ["ALL"] : text.split(":")));
      return;
    case "systempaths":
      if (text !== "unconfined") {
        throw invalid(`invalid systempaths option ${JSON.stringify(text)}, only \`unconfined\` is supported`);
      }
      draft.unmask.push("ALL");
      return;
    case "proc-opts":
      draft.procOptions = text.split(",");
      return;
    default:
      throw invalid(`invalid --security-opt 2: ${JSON.stringify(option)}`);
  }
}

/** Docker's old `key:value` counts too, where there is no `=`. */
function split(option: string): { readonly key: string; readonly value: string | undefined } {
  const at = option.includes("=") ? option.indexOf("=") : option.indexOf(":");
  return at === -1
    ? { key: option, value: undefined }
    : { key: option.slice(0, at), value: option.slice(at + 1) };
}

function isTrue(value: string | undefined, option: string): boolean {
  if (value === undefined || /^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw invalid(`invalid --security-opt 2: ${JSON.stringify(option)}`);
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
