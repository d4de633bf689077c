/** What a pod was played from: given back as it was, as long as the pod is what the manifest said. */
import type { GeneratedKind } from "@podwright/spec/engine-api/kube";
import type { PlayedManifest } from "@podwright/spec/engine-api/pods";
import type { Container, ObjectMeta, Pod, PodSpec, PodTemplateSpec } from "@podwright/spec/kube/types";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { PodConfig } from "../../ports/pod-record.ts";
import { compact } from "./members.ts";

type Data = Readonly<Record<string, unknown>>;

export interface PlayedWorkload {
  readonly object: Data;
  readonly kind: GeneratedKind;
  /** The pod that it makes. */
  readonly template: PodTemplateSpec;
  /** Claims, ConfigMaps, Secrets that it refers to. */
  readonly others: readonly Data[];
}

const KINDS: Readonly<Record<string, GeneratedKind>> = {
  Pod: "pod",
  Deployment: "deployment",
  DaemonSet: "daemonset",
  Job: "job",
};

export function playedWorkload({ objects: [object, ...others] }: PlayedManifest): PlayedWorkload | undefined {
  const kind = KINDS[String(object?.["kind"])];
  if (object === undefined || kind === undefined) return undefined;
  const template = kind === "pod" ? object : (asData(object["spec"])["template"] ?? {});
  // Objects are stored as they were checked when they were played.
  return { object, kind, template, others };
}

function asData(value: unknown): Data {
  return typeof value === "object" && value !== null ? (value as Data) : {};
}

/** The template as a Pod of the name that the engine gave it. */
export function podOfTemplate({ template }: PlayedWorkload, name: string): Pod {
  const metadata = compact<ObjectMeta>({ ...template.metadata, name });
  return compact<Pod>({ apiVersion: "v1", kind: "Pod", metadata, spec: template.spec, status: undefined });
}

/** Names of members as their manifest has them. */
export function manifestName(pod: PodConfig, member: ContainerConfig): string {
  const prefix = `${pod.name}-`;
  return pod.played !== undefined && member.name.startsWith(prefix)
    ? member.name.slice(prefix.length)
    : member.name;
}

/** What has become of the pod since it was played; undefined when it is as the manifest says. */
export function changeSince(
  pod: PodConfig,
  { template }: PlayedWorkload,
  members: readonly ContainerConfig[],
): string | undefined {
  if (pod.played?.changed !== undefined) return pod.played.changed;
  const spec: PodSpec = template.spec ?? { containers: [] };
  const plain = spec.containers;
  const init = spec.initContainers ?? [];
  const left = new Map(members.map((member) => [member.name, member]));
  const take = ({ name }: Container): ContainerConfig | undefined => {
    const found = left.get(`${pod.name}-${name}`) ?? left.get(name);
    if (found !== undefined) left.delete(found.name);
    return found;
  };
  const madeAnew = (member: ContainerConfig): boolean =>
    JSON.stringify(member.createCommand) !== JSON.stringify(pod.createCommand);
  for (const container of plain) {
    const member = take(container);
    if (member === undefined) return `its container ${container.name} is gone or has another name`;
    if (madeAnew(member)) return `its container ${member.name} is another one`;
  }
  for (const container of init) {
    // One that has run may be gone.
    const member = take(container);
    if (member !== undefined && madeAnew(member)) return `its container ${member.name} is another one`;
  }
  const [added] = left.keys();
  return added === undefined ? undefined : `it has got the container ${added}`;
}
