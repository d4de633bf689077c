/** What the pod domain works with. */
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import type { Filters } from "@podwright/spec/engine-api/common";
import type { PodSummary } from "@podwright/spec/engine-api/pods";
import type { Log } from "../base/log.ts";
import type { UsernsHost } from "../container/create-context.ts";
import type { Cgroups } from "../ports/cgroups.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { Locks } from "../ports/lock.ts";
import type { Mounts } from "../ports/mounts.ts";
import type { Namespaces } from "../ports/namespaces.ts";
import type { PidHolder } from "../ports/pid-holder.ts";
import type { ProcessIdentity, Processes } from "../ports/processes.ts";
import type { RootFiles } from "../ports/root-files.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";
import type { Settings } from "../ports/settings.ts";
import type { Supervisor } from "../ports/supervisor.ts";
import type { WatchStates } from "../ports/watch-states.ts";
import type { Store } from "../ports/store.ts";

/** Each part is loaded when it is first asked for: `pod ps` touches none of the host's. */
export interface PodContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly locks: Locks;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly supervisor: Supervisor;
  readonly watchStates: WatchStates;
  readonly log: Log;
  readonly processes: Processes;
  readonly self: ProcessIdentity;
  /** As `pod ps` shows them. @throws VALUE_INVALID */
  readonly list: (filters: Filters) => Promise<readonly PodSummary[]>;
  readonly containers: () => Promise<ContainersApi>;
  /** Makes a container's startup probe until it is decided: undefined when it has passed, else why not. */
  readonly awaitStartup: (containerId: string) => Promise<string | undefined>;
  readonly host: () => Promise<PodHost>;
  /** The engine's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For those that ask for a user namespace. */
  readonly userns: () => Promise<UsernsHost>;
}

export interface PodHost {
  readonly namespaces: Namespaces;
  readonly mounts: Mounts;
  readonly cgroups: Cgroups;
  readonly network: SandboxNetwork;
  readonly holder: PidHolder;
  readonly files: Pick<RootFiles, "giveGroup">;
}

/** The sandbox's directory: pins, shm, and the files in /etc that members share. */
export function sandboxDirectory(settings: Settings, podId: string): string {
  return `${settings.runRoot}/sandboxes/${podId}`;
}
