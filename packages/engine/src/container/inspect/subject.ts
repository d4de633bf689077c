/** The container that an inspect is about, with what was found out of it. */
import type { InspectProbes } from "@podwright/spec/libpod-api/inspect-container";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { PodRecord } from "../../ports/pod-record.ts";
import type { HealthState } from "../../ports/watch-states.ts";
import type { ContainerNow, ContainerPlaces } from "../view-context.ts";

export interface Subject {
  readonly record: ContainerRecord;
  /** Of a member and of an infra record. */
  readonly pod: PodRecord | undefined;
  readonly now: ContainerNow;
  readonly places: ContainerPlaces;
  /** Undefined without a health check, and of one that never ran. */
  readonly health: HealthState | undefined;
  /** Undefined for a container without probes. */
  readonly probes: InspectProbes | undefined;
  readonly ready: boolean;
}
