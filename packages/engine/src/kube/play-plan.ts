/** A `kube play` as data: what will be made, in order; printed by --dry-run, applied and undone by `apply-play.ts`. */
import type { Labels, Limits } from "@podwright/spec/engine-api/common";
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { PullRequest } from "@podwright/spec/engine-api/images";
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import type { PodRequest } from "@podwright/spec/engine-api/pods";
import type { VolumeRequest } from "@podwright/spec/engine-api/volumes";
import type { JobSpec } from "../ports/job-record.ts";
import type { FieldPath, ManifestObject } from "./manifest.ts";

export interface PlayPlan {
  /** Bridge networks that are made when missing. */
  readonly networks: readonly string[];
  readonly volumes: readonly PlannedVolume[];
  readonly secrets: readonly PlannedSecret[];
  readonly jobs: readonly PlannedJob[];
  readonly pods: readonly PlannedPod[];
}

/** Made once its pods are, each of which names it. */
export interface PlannedJob {
  readonly id: string;
  readonly name: string;
  readonly spec: JobSpec;
}

export interface PlannedVolume {
  readonly object: ManifestObject;
  readonly request: VolumeRequest;
  /** A tar to fill it from, where an annotation names one. */
  readonly importSource?: string;
}

export interface PlannedSecret {
  readonly object: ManifestObject;
  readonly name: string;
  /** The Secret object as JSON, as `data` (stringData merged in). */
  readonly data: Uint8Array;
  readonly labels: Labels;
}

export interface PlannedPod {
  readonly object: ManifestObject;
  /** With an id of the plan's: fields that refer to the pod know it. */
  readonly request: PodRequest & { readonly id: string; readonly name: string };
  /** Init containers first; each `pod` is the request's id. `image` and `pull` say what is pulled before anything is made. */
  readonly containers: readonly PlannedContainer[];
  readonly hostPaths: readonly PlannedHostPath[];
}

export interface PlannedContainer {
  readonly request: ContainerRequest;
  /** Where it stands in the object. */
  readonly path: FieldPath;
  /** Volumes of the kind `image`: pulled with the container's image. */
  readonly images: readonly PullRequest[];
}

export type HostPathType =
  | ""
  | "Directory"
  | "DirectoryOrCreate"
  | "File"
  | "FileOrCreate"
  | "Socket"
  | "CharDevice"
  | "BlockDevice";

/** Checked (and made, for the OrCreate types) right before the pod is. */
export interface PlannedHostPath {
  readonly hostPath: string;
  readonly type: HostPathType;
  readonly path: FieldPath;
}

export interface PlannedPlay {
  readonly plan: PlayPlan;
  /** With an error among them the plan is not to be applied. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What planning asks of the engine; reads only. */
export interface PlayFacts {
  readonly podExists: (name: string) => boolean;
  /** The name or id of the pod it belongs to, "" for none; undefined when there is no such container. */
  readonly containerOwner: (name: string) => string | undefined;
  readonly volumeExists: (name: string) => boolean;
  readonly networkExists: (name: string) => boolean;
  /** A secret of an earlier play (or of `secret create`, holding a Secret object); undefined when there is none. */
  readonly secret: (name: string) => Uint8Array | undefined;
  readonly newId: () => string;
  /** The host's name: `spec.nodeName`. */
  readonly hostName: string;
  /** Of whoever plays: root's pods are on a bridge. */
  readonly uid: number;
  /** False for what this user may not set, and has not been told to do without; root may set all. */
  readonly canLimit: (limit: keyof Limits) => boolean;
  /** Bytes of memory, number of processors: `limits` that are not set (resourceFieldRef). */
  readonly hostMemory: number;
  readonly hostCpus: number;
}
