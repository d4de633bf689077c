/** `volume inspect` and `volume ls --format json`: an engine's volume under Podman's keys (podman.md §4.2). */
import type { VolumeInfo } from "@podwright/spec/engine-api/volumes";
import { rfc3339Nano } from "../../../base/go-time.ts";

export interface VolumeJson {
  Name: string;
  Driver: string;
  Mountpoint: string;
  CreatedAt: string;
  Labels: Record<string, string>;
  Scope: "local";
  Options: Record<string, string>;
  UID?: number;
  GID?: number;
  Anonymous?: boolean;
  MountCount: number;
  NeedsCopyUp?: boolean;
  NeedsChown?: boolean;
  LockNumber: number;
}

export function volumeInspectJson(info: VolumeInfo): VolumeJson {
  return {
    Name: info.name,
    Driver: info.driver,
    Mountpoint: info.mountpoint,
    CreatedAt: rfc3339Nano(info.created),
    Labels: { ...info.labels },
    Scope: "local",
    Options: { ...info.options },
    ...(info.uid === 0 ? {} : { UID: info.uid }),
    ...(info.gid === 0 ? {} : { GID: info.gid }),
    ...(info.anonymous ? { Anonymous: true } : {}),
    MountCount: info.mountCount,
    ...(info.needsCopyUp ? { NeedsCopyUp: true } : {}),
    ...(info.needsChown ? { NeedsChown: true } : {}),
    // Locks are files by name: there is no number, and 0 is what a script that ignores it expects.
    LockNumber: 0,
  };
}
