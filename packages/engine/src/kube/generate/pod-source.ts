/** What a Pod is written from: a pod's record and its members', or containers that stand alone. */
import type { Labels } from "@podwright/spec/engine-api/common";
import type { PodConfig } from "../../ports/pod-record.ts";
import type { PlayedWorkload } from "./played.ts";
import type { Member } from "./pod-annotations.ts";

export interface PodSource {
  /** "pod web", for messages. */
  readonly subject: string;
  /** As Kubernetes takes it. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly labels: Labels;
  /** Absent for containers that stand alone. */
  readonly pod?: PodConfig;
  /** A name that the user chose for the infra container. */
  readonly infraName?: string;
  /** In order of creation; init containers among them. */
  readonly members: readonly Member[];
  /** What it was played from, before it changed: volumes of its own keep their source. */
  readonly played?: PlayedWorkload;
  /** Annotations are kept whole, however long. */
  readonly noTrunc: boolean;
}
