/** What planning knows at each level: the whole play, one workload, one container. */
import type { Labels } from "@podwright/spec/engine-api/common";
import type { PlayRequest } from "@podwright/spec/engine-api/kube";
import type { JobPlace } from "@podwright/spec/engine-api/pods";
import type { Container, PodSpec } from "@podwright/spec/kube/types";
import type { ManifestObject, ServiceName } from "../manifest.ts";
import type { PlayFacts } from "../play-plan.ts";
import type { Annotations } from "./annotations.ts";
import type { Place } from "./place.ts";
import type { References } from "./references.ts";

export interface PlayScope {
  readonly request: PlayRequest;
  readonly facts: PlayFacts;
  readonly references: References;
  readonly services: readonly ServiceName[];
  readonly placeOf: (object: ManifestObject) => Place;
}

/** A pod of a Pod, Deployment, DaemonSet or Job. */
export interface Workload {
  readonly object: ManifestObject;
  readonly root: Place;
  /** The pod's metadata and spec stand below it. */
  readonly template: Place;
  readonly spec: PodSpec;
  readonly podId: string;
  readonly podName: string;
  /** Of a Job: which, and which of its pods this is. */
  readonly job?: JobPlace;
  readonly namespace: string;
  readonly labels: Labels;
  /** The pod's own, and those of `--annotation`. */
  readonly annotations: Labels;
}

export interface PodScope extends PlayScope {
  readonly workload: Workload;
  /** Podman's annotations: on the workload, on the pod, or by `--annotation`. */
  readonly notes: Annotations;
  /** Objects of the stream that the workload refers to: they belong to what is played. */
  readonly used: Set<ManifestObject>;
}

export interface ContainerScope extends PodScope {
  readonly container: Container;
  readonly place: Place;
  readonly isInit: boolean;
}

export function specPlace({ template }: Pick<Workload, "template">): Place {
  return template.at("spec");
}

/** An init container that goes on: it starts in its turn, and stops after the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}
