/** passt's pasta(1): one process that joins a network namespace to the host's network, as its user alone can. */
import type { PortMapping } from "@podwright/spec/engine-api/common";

export interface PastaRequest {
  readonly netnsPath: string;
  /** Where it notes its process id, and by which `stop` finds it. */
  readonly pidFile: string;
  /** Host ports known. */
  readonly ports: readonly PortMapping[];
  /** Of the user, after ours. */
  readonly options: readonly string[];
}

/** What the installed one can do. */
export interface PastaAbilities {
  /** Clients from everywhere reach published ports; an old one loses some on current kernels. */
  readonly publishes: boolean;
  /** Address by which the host answers in the namespace, "" where it has none. */
  readonly hostAddress: string;
}

export interface Pasta {
  abilities(): Promise<PastaAbilities>;
  /** Address at which the host's name servers answer in the namespace. */
  readonly nameServer: string;
  /** Returns when addresses and ports are in place. @throws NETWORK_SETUP_FAILED, HOST_PART_MISSING */
  start(request: PastaRequest): Promise<void>;
  /** Whether one that was started with this file is there. */
  isRunning(pidFile: string): boolean;
  /** Returns when it has ended; none is no error. */
  stop(pidFile: string): Promise<void>;
}
