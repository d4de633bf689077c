/** Flags that mount things: -v, --mount, --tmpfs. */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { MountRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseMountSpec } from "@podwright/spec/values/mount-spec";
import { parseTmpfsSpec, parseVolumeSpec } from "@podwright/spec/values/volume-spec";
import { expandGlob } from "../../base/glob.ts";
import type { Flags } from "../frame/command.ts";

export const volumeFlags = {
  volume: {
    type: "list",
    short: "v",
    help: "Bind mount a volume into the container",
    valueName: "[source:]destination[:options]",
    complete: "volume",
  },
} as const satisfies Flags;

export const mountFlags = {
  mount: {
    type: "list",
    help: "Attach a filesystem mount to the container",
    valueName: "type=TYPE,source=SOURCE,destination=PATH[,option...]",
    complete: "none",
  },
  tmpfs: {
    type: "list",
    help: "Mount a temporary filesystem (tmpfs) into a container",
    valueName: "destination[:options]",
    complete: "none",
  },
} as const satisfies Flags;

export interface MountValues {
  readonly volume: readonly string[];
  readonly mount?: readonly string[];
  readonly tmpfs?: readonly string[];
}

/** All mounts of the flags, in the order --mount, -v, --tmpfs. @throws CONTAINER_INVALID on a destination given twice. */
export function parseMounts(values: MountValues): MountRequest[] {
  const byDestination = new Map<string, MountRequest>();
  const requests = [
    ...(values.mount ?? []).flatMap((text) => parseMountSpec(text, { resolve: hostPath, glob: expandGlob })),
    ...values.volume.map((text) => parseVolumeSpec(text, hostPath)),
    ...(values.tmpfs ?? []).map(parseTmpfsSpec),
  ];
  for (const request of requests) {
    const other = byDestination.get(request.destination);
    if (other !== undefined && !isSameMount(other, request)) {
      throw new EngineError("CONTAINER_INVALID", `${request.destination}: duplicate mount destination`);
    }
    byDestination.set(request.destination, request);
  }
  return [...byDestination.values()];
}

/** Relative to the current directory; links in a `./path` are followed here, as the shell's user sees it. */
function hostPath(path: string): string {
  if (!path.startsWith("./")) return resolve(path);
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new EngineError("CONTAINER_INVALID", `lstat ${path}: no such file or directory`, { cause });
  }
}

function isSameMount(a: MountRequest, b: MountRequest): boolean {
  return JSON.stringify([a.kind, a.source, a.options]) === JSON.stringify([b.kind, b.source, b.options]);
}
