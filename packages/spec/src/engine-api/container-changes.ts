/** Containers that change, and others that are made like them. */
import type { Labels, Limits, PortMapping } from "./common.ts";
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

/** `container clone`: absent members are the original's. */
export interface CloneContainerRequest {
  /** Absent: the original's with "-clone". */
  readonly name?: string;
  /** Instead of its own image. */
  readonly image?: string;
  /** Joins this pod instead of its own. */
  readonly pod?: string;
  readonly limits: Limits;
  /** The original goes; with `force` also one that runs. */
  readonly destroy: boolean;
  readonly force: boolean;
  /** The clone is started. */
  readonly run: boolean;
  /** Ids that the original refers to, and those that the clone refers to instead. */
  readonly instead?: Labels;
}
