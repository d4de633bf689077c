/** Where the files of a container are: every name derives from its id and the store's places. */
import type { PodVolume } from "@podwright/spec/engine-api/pods";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { Settings } from "../ports/settings.ts";

export interface ContainerPlaces {
  /** What must survive a reboot: upper and work directory, log. */
  readonly store: string;
  readonly upper: string;
  readonly work: string;
  /** Of the current run: config.json, attach socket, root file system. */
  readonly bundle: string;
  readonly rootfs: string;
  /** The root file system once more, for as long as `mount` asks for it. */
  readonly held: string;
  /** Mounted for a moment, to be opened. */
  readonly view: string;
  /** Images and overlays that are mounted into the container, each in a directory of its own. */
  readonly mounted: string;
  /** What is written to them, until the run ends. */
  readonly mountedUpper: string;
  /** Pins, /dev/shm and etc files of a container without a pod. */
  readonly sandbox: string;
  /** Relative to the hierarchies' roots. */
  readonly cgroup: string;
}

export function placesOf(settings: Settings, config: ContainerConfig): ContainerPlaces {
  const store = storeDirectory(settings, config.id);
  const bundle = `${settings.runRoot}/containers/${config.id}`;
  return {
    store,
    upper: `${store}/upper`,
    work: `${store}/work`,
    bundle,
    rootfs: `${bundle}/rootfs`,
    held: `${bundle}.mounted`,
    view: `${bundle}.view`,
    mounted: `${bundle}/mounted`,
    mountedUpper: `${store}/mounted`,
    sandbox: sandboxDirectory(settings, config.id),
    cgroup: `${config.cgroupParent}/${config.id}`,
  };
}

/** All of a container that survives a reboot is below. */
export function storeDirectory(settings: Settings, id: string): string {
  return `${settings.root}/containers/${id}`;
}

/** Of a container or a pod, by its id. */
export function sandboxDirectory(settings: Pick<Settings, "runRoot">, id: string): string {
  return `${settings.runRoot}/sandboxes/${id}`;
}

/** All of a pod that survives a reboot is below. */
export function podStoreDirectory(settings: Pick<Settings, "root">, podId: string): string {
  return `${settings.root}/pods/${podId}`;
}

/** Of a pod's own volume: in the store where its content outlasts a stop, else beside the sandbox's pins. */
export function podVolumeDirectory(
  settings: Pick<Settings, "root" | "runRoot">,
  podId: string,
  { name, content }: PodVolume,
): string {
  const owner =
    content.kind === "directory" ? podStoreDirectory(settings, podId) : sandboxDirectory(settings, podId);
  return `${owner}/volumes/${name}`;
}

/** Name of the lock that a foreground `run` or `start --attach` holds, within the directory of bundles. */
export function foregroundLock(id: string): string {
  return `${id}/foreground.lock`;
}
