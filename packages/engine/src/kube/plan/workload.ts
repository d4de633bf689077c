/** Pod, Deployment, DaemonSet, Job → one pod: its template, its name, and what of the workload does nothing here. */
import type {
  DaemonSet,
  Deployment,
  Job,
  ObjectMeta,
  PodSpec,
  PodTemplate,
} from "@podwright/spec/kube/types";
import type { ManifestObject } from "../manifest.ts";
import { Annotations } from "./annotations.ts";
import type { Place } from "./place.ts";
import { type PlayScope, type PodScope, specPlace, type Workload } from "./scope.ts";

const EMPTY: PodSpec = { containers: [] };

/** Undefined for a kind that makes no pod. */
export function podScope(scope: PlayScope, object: ManifestObject): PodScope | undefined {
  const template = templateOf(object);
  if (template === undefined) return undefined;
  const root = scope.placeOf(object);
  const metadata: ObjectMeta = template.metadata ?? {};
  const isPod = object.kind === "Pod";
  const workload: Workload = {
    object,
    root,
    template: isPod ? root : root.at("spec", "template"),
    spec: template.spec ?? EMPTY,
    podId: scope.facts.newId(),
    podName: isPod ? object.name : `${object.name}-pod`,
    namespace: namespaceOf(object) ?? metadata.namespace ?? "default",
    labels: metadata.labels ?? {},
    annotations: { ...metadata.annotations, ...scope.request.annotations },
  };
  return { ...scope, workload, notes: notesOf(scope, workload, metadata), used: new Set() };
}

function notesOf(scope: PlayScope, { object, root, template }: Workload, metadata: ObjectMeta): Annotations {
  const outer = (object.data as { readonly metadata?: ObjectMeta }).metadata?.annotations ?? {};
  return new Annotations([
    { values: outer, place: (key) => root.at("metadata", "annotations", key) },
    { values: metadata.annotations ?? {}, place: (key) => template.at("metadata", "annotations", key) },
    { values: scope.request.annotations, place: () => root },
  ]);
}

function namespaceOf(object: ManifestObject): string | undefined {
  return (object.data as { readonly metadata?: ObjectMeta }).metadata?.namespace;
}

function templateOf(object: ManifestObject): PodTemplate | undefined {
  switch (object.kind) {
    case "Pod":
      return object.data;
    case "Deployment":
      return (object.data as unknown as Deployment).spec?.template ?? {};
    case "DaemonSet":
      return (object.data as unknown as DaemonSet).spec?.template ?? {};
    case "Job":
      return (object.data as unknown as Job).spec?.template ?? {};
    default:
      return undefined;
  }
}

/** What is stored and does not act yet, or acts otherwise than a cluster does. */
export function warnOfWorkload({ workload }: PodScope): void {
  const { object, root } = workload;
  const spec = root.at("spec");
  if (object.kind === "Deployment") warnOfReplicas(object.data as unknown as Deployment, spec.at("replicas"));
  if (object.kind === "Job") warnOfJob(object.data as unknown as Job, spec);
  const pod = specPlace(workload);
  if (workload.spec.activeDeadlineSeconds !== undefined) {
    pod.at("activeDeadlineSeconds").warn("activeDeadlineSeconds is stored, but nothing acts on it yet");
  }
  // The default of Kubernetes goes without a word: a warning in nearly every play would be read by nobody.
  const policy = workload.spec.restartPolicy;
  if (policy === undefined || policy === "Never") return;
  const again = policy === "Always" ? "that ends" : "that fails";
  pod
    .at("restartPolicy")
    .warn(`restartPolicy ${policy} is stored, but no container ${again} is started again yet`);
}

function warnOfReplicas({ spec }: Deployment, place: Place): void {
  const replicas = spec?.replicas ?? 1;
  if (replicas > 1) place.warn(`Limiting replica count to 1: one pod is made, not ${replicas}`);
  if (replicas === 0) place.warn("replicas is 0, and one pod is made all the same");
}

function warnOfJob({ spec }: Job, place: Place): void {
  for (const field of ["parallelism", "completions"] as const) {
    const value = spec?.[field] ?? 1;
    if (value !== 1) place.at(field).warn(`${field} is stored, but one pod is made, not ${value}`);
  }
  for (const field of ["backoffLimit", "activeDeadlineSeconds"] as const) {
    if (spec?.[field] === undefined) continue;
    place.at(field).warn(`${field} is stored, but nothing acts on it yet`);
  }
}
