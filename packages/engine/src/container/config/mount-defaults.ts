/** Completes a mount's options as Podman does: access, propagation, and what the source's file system forbids. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { PROPAGATION_OPTIONS } from "@podwright/spec/values/mount-options";
import type { MountFlags } from "../../ports/host-facts.ts";
import { invalidConfig } from "./inputs.ts";

export interface MountOptionInputs {
  readonly memory: boolean;
  readonly options: readonly string[];
  /** What holds where no option says otherwise. */
  readonly defaults: MountFlags;
}

interface Exclusive {
  readonly options: readonly string[];
  readonly message: string;
  /** Where they may stand at all; absent: everywhere. */
  readonly only?: "memory" | "other";
}

const TWICE = "duplicate mount option passed";
const EXCLUSIVE: readonly Exclusive[] = [
  { options: ["copy", "nocopy"], message: "only one of 'nocopy' and 'copy' can be used" },
  { options: ["exec", "noexec"], message: "only one of 'noexec' and 'exec' can be used" },
  { options: ["suid", "nosuid"], message: "only one of 'nosuid' and 'suid' can be used" },
  { options: ["dev", "nodev"], message: "only one of 'nodev' and 'dev' can be used" },
  { options: ["rw", "ro"], message: "only one of 'rw' and 'ro' can be used" },
  { options: PROPAGATION_OPTIONS, message: "only one root propagation mode can be used" },
  { options: ["size"], message: "only one tmpfs size can be specified", only: "memory" },
  { options: ["mode"], message: "only one tmpfs mode can be specified", only: "memory" },
  {
    options: ["tmpcopyup", "notmpcopyup"],
    message: "the 'tmpcopyup' or 'notmpcopyup' option can only be set once",
    only: "memory",
  },
  { options: ["noswap"], message: "the 'tmpswap' option can only be set once", only: "memory" },
  { options: ["bind", "rbind"], message: "only one of 'rbind' and 'bind' can be used", only: "other" },
  { options: ["z", "Z", "O"], message: "only one of 'z', 'Z' and 'O' can be used", only: "other" },
  { options: ["U"], message: "the 'U' option can only be set once", only: "other" },
  { options: ["idmap"], message: "the 'idmap' option can only be set once", only: "other" },
];

/** Options that need work at the mount which is not built yet. */
const NOT_YET: readonly string[] = ["no-dereference", "upperdir", "workdir", "volume-opt"];

/** Meant for the kernel, with a value: uid=0, nr_inodes=…, huge=… of tmpfs. */
const MEMORY_VALUES: readonly string[] = ["uid", "gid", "nr_inodes", "nr_blocks", "huge"];

/** @throws CONTAINER_INVALID, NOT_IMPLEMENTED */
export function completeMountOptions({ memory, options, defaults }: MountOptionInputs): string[] {
  const keys = options.map((option) => option.split("=", 1)[0] ?? "");
  for (const key of keys) checkKnown(key, memory);
  for (const { options: group, message } of EXCLUSIVE) {
    if (keys.filter((key) => group.includes(key)).length > 1) throw invalidConfig(`${message}: ${TWICE}`);
  }
  const has = (...names: readonly string[]): boolean => keys.some((key) => names.includes(key));
  // SELinux is off where z and Z get here (`build.ts` refuses them otherwise); exec, suid and dev are the absence
  // of a flag; copy and notmpcopyup only switch something of ours.
  const silent = ["z", "Z", "notmpcopyup", "copy"];
  return [
    ...options.filter((option) => !silent.includes(option)),
    ...(has("rw", "ro") ? [] : ["rw"]),
    ...(has(...PROPAGATION_OPTIONS) ? [] : [has("bind") ? "private" : "rprivate"]),
    ...(defaults.noexec && !has("exec", "noexec") ? ["noexec"] : []),
    ...(defaults.nosuid && !has("suid", "nosuid") ? ["nosuid"] : []),
    ...(defaults.nodev && !has("dev", "nodev") ? ["nodev"] : []),
    ...(memory && !has("tmpcopyup", "notmpcopyup") ? ["tmpcopyup"] : []),
    ...(memory || has("bind", "rbind") ? [] : ["rbind"]),
  ];
}

function checkKnown(key: string, memory: boolean): void {
  if (NOT_YET.includes(key)) {
    throw new EngineError("NOT_IMPLEMENTED", `mount option ${JSON.stringify(key)} is not implemented`);
  }
  if (memory && MEMORY_VALUES.includes(key)) return;
  const group = EXCLUSIVE.find(({ options }) => options.includes(key));
  if (group === undefined) throw bad(`unknown mount option ${JSON.stringify(key)}`);
  if (group.only === "memory" && !memory) {
    throw bad(`the '${key}' option is only allowed with tmpfs mounts`);
  }
  if (group.only === "other" && memory) {
    const shown = group.options.map((option) => `'${option}'`).join(" and ");
    throw bad(`the ${shown} options are not allowed with tmpfs mounts`);
  }
}

function bad(message: string): EngineError {
  return invalidConfig(`${message}: invalid mount option`);
}
