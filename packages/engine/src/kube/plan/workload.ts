/** Pod, Deployment, DaemonSet, Job → their pods: template, names, and what of the workload does nothing here. */
import type {
  DaemonSet,
  Deployment,
  Job,
  ObjectMeta,
  PodSpec,
  PodTemplate,
} from "@podwright/spec/kube/types";
import type { JobPlace } from "@podwright/spec/engine-api/pods";
import type { ManifestObject } from "../manifest.ts";
import { podNamesOf } from "../pod-names.ts";
import { Annotations } from "./annotations.ts";
import { podCount } from "./jobs.ts";
import type { Place } from "./place.ts";
import type { PlayScope, PodScope, Workload } from "./scope.ts";

const EMPTY: PodSpec = { containers: [] };

/** None for a kind that makes no pod; a Job can make several. */
export function podScopes(scope: PlayScope, object: ManifestObject): PodScope[] {
  const names = podNamesOf(object);
  const jobId = object.kind === "Job" ? scope.facts.newId() : undefined;
  return names.map((name, index) =>
    podScope(scope, object, { name, ...(jobId === undefined ? {} : { job: { id: jobId, index } }) }),
  );
}

function podScope(
  scope: PlayScope,
  object: ManifestObject,
  { name, job }: { readonly name: string; readonly job?: JobPlace },
): PodScope {
  const template = templateOf(object) ?? {};
  const root = scope.placeOf(object);
  const metadata: ObjectMeta = template.metadata ?? {};
  const workload: Workload = {
    object,
    root,
    template: object.kind === "Pod" ? root : root.at("spec", "template"),
    spec: template.spec ?? EMPTY,
    podId: scope.facts.newId(),
    podName: name,
    ...(job === undefined ? {} : { job }),
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

/** What acts otherwise than on a cluster. */
export function warnOfWorkload({ workload }: PodScope): void {
  const { object, root } = workload;
  const spec = root.at("spec");
  if (object.kind === "Deployment") warnOfReplicas(object.data as unknown as Deployment, spec.at("replicas"));
}

/** A Job that makes no pods at all. */
export function warnOfEmpty(scope: PlayScope, object: ManifestObject): void {
  if (object.kind !== "Job" || podCount(object) > 0) return;
  scope.placeOf(object).at("spec", "completions").warn("completions is 0: no pod is made");
}

function warnOfReplicas({ spec }: Deployment, place: Place): void {
  const replicas = spec?.replicas ?? 1;
  if (replicas > 1) place.warn(`Limiting replica count to 1: one pod is made, not ${replicas}`);
  if (replicas === 0) place.warn("replicas is 0, and one pod is made all the same");
}
