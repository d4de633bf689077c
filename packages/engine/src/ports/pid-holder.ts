/** The process that keeps a pod's shared PID namespace. */
import type { IdMappings } from "@podwright/spec/values/id-map";
import type { ProcessIdentity } from "./processes.ts";

export interface HolderRequest {
  /** The pod's id. */
  readonly id: string;
  /** Made and removed with the holder. */
  readonly directory: string;
  /** Where the sandbox's pins are, and which of them to join. */
  readonly pinDir: string;
  readonly pins: readonly ("net" | "ipc" | "uts")[];
  /** The pod's cgroup, relative to the hierarchies' roots. */
  readonly cgroupPath: string;
  /** Of the pod's user namespace, where that is not the engine's own. */
  readonly usernsPath?: string;
  readonly idMappings?: IdMappings;
}

/** The one process that a shared PID namespace cannot do without: the namespace dies with its init. */
export interface PidHolder {
  /** @throws HOST_PART_MISSING without catatonit */
  start(request: HolderRequest): Promise<ProcessIdentity>;
  /** Ends it and what is left of its container; none is no error. */
  stop(id: string, directory: string, identity: ProcessIdentity | undefined): Promise<void>;
}
