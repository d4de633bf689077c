/** What looking at containers needs: given by the composition root, nothing here changes anything. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { Clock } from "../ports/ids.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { Settings } from "../ports/settings.ts";
import type { HealthState, ProbesState } from "../ports/watch-states.ts";
import type { Store } from "../ports/store.ts";

/** What a container is at this moment, by the kernel and the exit records. Times are 0 for never. */
export interface ContainerNow {
  readonly status: ContainerStatus;
  /** 0 when there is no process. */
  readonly pid: number;
  readonly exitCode: number;
  readonly startedAt: number;
  readonly exitedAt: number;
  readonly oomKilled: boolean;
  /** It was running when the machine went down. */
  readonly withMachine?: true;
  /** "healthy", "unhealthy", "starting"; "" without a check. */
  readonly health: string;
}

export type NamespaceIds = Readonly<
  Record<"mnt" | "cgroup" | "ipc" | "net" | "pidns" | "uts" | "user", string>
>;

/** Where the files of a container are; "" for those that do not exist now. */
export interface ContainerPlaces {
  readonly staticDir: string;
  /** The runtime spec of the last start. */
  readonly ociConfig: string;
  readonly conmonPidFile: string;
  readonly pidFile: string;
  readonly resolvConf: string;
  readonly hostname: string;
  readonly hosts: string;
  readonly log: string;
  /** The container's own cgroup, relative to the hierarchies' roots. */
  readonly cgroup: string;
  readonly merged: string;
  readonly upper: string;
  readonly work: string;
  /** Directories of the image's layers, the highest first. */
  readonly lowers: readonly string[];
}

export interface ContainerViewContext {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  /** Of a container with a process of its own; infra records are derived from their pod. */
  status(record: ContainerRecord): ContainerNow;
  /** What its checks have found in its last run; undefined without a check, and of one that never ran. */
  health(record: ContainerRecord): HealthState | undefined;
  /** What its probes have found in its present run. */
  probes(record: ContainerRecord): ProbesState;
  /** True while the pod's sandbox is pinned in this boot. */
  sandboxUp(pod: PodRecord): boolean;
  places(record: ContainerRecord): ContainerPlaces;
  /** Path of the pinned network namespace of a pod or a container, "" when there is none. */
  netnsPath(ownerId: string): string;
  volumeMountpoint(name: string): string;
  /** undefined when the process is gone. */
  namespaceIds(pid: number): NamespaceIds | undefined;
  /** Bytes of a directory tree; 0 when it is not there. */
  treeSize(directory: string): number;
  /** Sessions that `exec -d` started and that still run. */
  execIds(containerId: string): readonly string[];
}
