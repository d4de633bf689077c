/** What `update` changes of a container. */
import type { Limits, PortMapping } from "./common.ts";
import type { RestartPolicy } from "./containers.ts";
import type { HealthWish } from "./health.ts";

/** `update`: absent members stay as they are. */
export interface ContainerChange {
  readonly limits: Limits;
  readonly restart?: RestartPolicy;
  /** "none" ends health checks. */
  readonly health?: HealthWish | "none";
  /** Added, or given another value. */
  readonly env?: readonly string[];
  readonly unsetEnv?: readonly string[];
  /** As of a pod: see PodChange. Not of a container that shares another's network. */
  readonly publish?: readonly PortMapping[];
  readonly unpublish?: readonly PortMapping[];
}
