/** A Pod as the template of what keeps pods running: Deployment, DaemonSet, Job. */
import type { GeneratedKind } from "@podwright/spec/engine-api/kube";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type {
  DaemonSet,
  Deployment,
  Job,
  ObjectMeta,
  Pod,
  PodSpec,
  PodTemplateSpec,
} from "@podwright/spec/kube/types";
import { compact } from "./members.ts";

export type Workload = Pod | Deployment | DaemonSet | Job;

export interface WorkloadWishes {
  readonly type: GeneratedKind;
  readonly replicas: number;
}

/** @throws KUBE_GENERATE_REFUSED for a restart policy that the kind does not have */
export function workloadOf(pod: Pod, { type, replicas }: WorkloadWishes): Workload {
  if (type === "pod") return pod;
  const { template, selector } = templateOf(pod);
  const policy = template.spec?.restartPolicy;
  const metadata = metadataOf(pod, type);
  switch (type) {
    case "deployment":
      if (policy !== undefined && policy !== "Always")
        throw refused("k8s Deployments can only have restartPolicy set to Always");
      return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: compact({ replicas: replicas > 1 ? replicas : undefined, selector, template }),
      };
    case "daemonset":
      if (policy !== undefined && policy !== "Always")
        throw refused("k8s DaemonSets can only have restartPolicy set to Always");
      return { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec: { selector, template } };
    case "job":
      return {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata,
        spec: { completions: 1, parallelism: 1, template: withJobPolicy(template) },
      };
    default:
      return type satisfies never;
  }
}

/** The pods of a workload are found by their label. */
function templateOf(pod: Pod): { template: PodTemplateSpec; selector: Selector } {
  const app = pod.metadata?.labels?.["app"] ?? pod.metadata?.name ?? "";
  const labels = { ...pod.metadata?.labels, app };
  const metadata = compact<ObjectMeta>({ ...pod.metadata, labels });
  return {
    template: compact<PodTemplateSpec>({ metadata, spec: pod.spec }),
    selector: { matchLabels: { app } },
  };
}

interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

function metadataOf(pod: Pod, type: Exclude<GeneratedKind, "pod">): ObjectMeta {
  const { name = "", creationTimestamp, labels } = pod.metadata ?? {};
  return compact<ObjectMeta>({ name: `${name}-${type}`, creationTimestamp, labels });
}

function withJobPolicy(template: PodTemplateSpec): PodTemplateSpec {
  const spec: PodSpec = template.spec ?? { containers: [] };
  if (spec.restartPolicy === "Always") {
    throw refused(
      "k8s Jobs can not have restartPolicy set to Always; only Never and OnFailure policies allowed",
    );
  }
  return { ...template, spec: { ...spec, restartPolicy: spec.restartPolicy ?? "Never" } };
}

function refused(message: string): EngineError {
  return new EngineError("KUBE_GENERATE_REFUSED", message);
}
