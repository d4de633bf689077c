/** What looking at usage needs of the host: nothing here changes anything. */
import type { Log } from "../base/log.ts";
import type { ContainerViewContext } from "../container/view-context.ts";
import type { Cgroups } from "../ports/cgroups.ts";
import type { Clock } from "../ports/ids.ts";
import type { NetCounters } from "../ports/net-counters.ts";
import type { Processes } from "../ports/processes.ts";
import type { HostPs, ProcessReader } from "../ports/process-facts.ts";
import type { RootFiles } from "../ports/root-files.ts";
import type { Store } from "../ports/store.ts";

export interface UsageContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly views: ContainerViewContext;
  readonly cgroups: Pick<Cgroups, "processes" | "usage">;
  /** False for a user who may make none. */
  readonly hasCgroups: boolean;
  readonly alive: Pick<Processes, "isAlive" | "sharingMounts">;
  readonly processes: ProcessReader;
  readonly netCounters: NetCounters;
  readonly hostPs: HostPs;
  readonly files: Pick<RootFiles, "readText">;
  /** Bytes. */
  readonly machineMemory: () => number;
  /** Runs a command in a container that runs, to its end. */
  readonly execInside: (
    id: string,
    command: readonly string[],
  ) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
}
