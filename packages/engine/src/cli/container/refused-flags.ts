/**
 * Flags of Podman's `create` and `run` that this engine does not have yet. They are known, so that help is honest
 * and a use fails by name instead of as a typing error; nothing is accepted and ignored.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Flag, Flags, FlagValues } from "../frame/command.ts";

const TEXT = {
  type: "string",
  hidden: true,
  help: "Not implemented",
  complete: "none",
} as const satisfies Flag;
const LIST = {
  type: "list",
  hidden: true,
  help: "Not implemented",
  complete: "none",
} as const satisfies Flag;
const BOOL = { type: "bool", hidden: true, help: "Not implemented" } as const satisfies Flag;

export const refusedFlags = {
  "blkio-weight-device": LIST,
  "cgroup-conf": LIST,
  chrootdirs: LIST,
  "cpu-rt-period": TEXT,
  "cpu-rt-runtime": TEXT,
  "decryption-key": LIST,
  "device-read-bps": LIST,
  "device-read-iops": LIST,
  "device-write-bps": LIST,
  "device-write-iops": LIST,
  "disable-content-trust": {
    type: "bool",
    hidden: true,
    help: "This is a Docker specific option and is a NOOP",
  },
  gpus: LIST,
  "group-entry": TEXT,
  "hosts-file": TEXT,
  hostuser: LIST,
  "kernel-memory": { type: "string", hidden: true, help: "No longer supported" },
  "link-local-ip": TEXT,
  "oom-kill-disable": BOOL,
  "passwd-entry": TEXT,
  personality: TEXT,
  "preserve-fd": LIST,
  "rdt-class": TEXT,
  rmi: BOOL,
  rootfs: BOOL,
  sdnotify: TEXT,
  "seccomp-policy": TEXT,
  "shm-size-systemd": TEXT,
  "signature-policy": TEXT,
  "storage-opt": LIST,
  systemd: TEXT,
} as const satisfies Flags;

type RefusedName = keyof typeof refusedFlags;

/** Values that ask for just what the engine does anyway. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  sdnotify: ["ignore"],
  "seccomp-policy": ["default"],
  systemd: ["false"],
  rmi: ["false"],
  rootfs: ["false"],
  "oom-kill-disable": ["false"],
};

/** Nothing to do for them, as Podman documents. */
const NO_EFFECT: readonly string[] = ["disable-content-trust"];

interface Given {
  readonly flags: FlagValues<typeof refusedFlags>;
  readonly given: (flag: RefusedName) => boolean;
  readonly log: { warn(message: string): void };
}

/** @throws NOT_IMPLEMENTED for the first refused flag that was given. */
export function refuseUnsupported({ flags, given, log }: Given): void {
  const names = Object.keys(refusedFlags) as RefusedName[];
  for (const name of names) {
    if (!given(name) || NO_EFFECT.includes(name)) continue;
    const value = String(flags[name]);
    if (name === "kernel-memory") {
      log.warn("The --kernel-memory flag is no longer supported. This flag is a noop.");
    } else if (!(HARMLESS[name]?.includes(value) ?? false)) {
      throw new EngineError("NOT_IMPLEMENTED", `--${name} is not implemented`);
    }
  }
}
