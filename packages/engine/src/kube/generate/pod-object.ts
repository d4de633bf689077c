/** A Pod of a pod's record and its members', or of containers that stand alone. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type {
  ConfigMap,
  Container,
  ContainerPort,
  ObjectMeta,
  Pod,
  PodSpec,
} from "@podwright/spec/kube/types";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { containerObject } from "./container-object.ts";
import type { Writing } from "./context.ts";
import { compact, whenAny, whenFilled, whenTrue } from "./members.ts";
import { timestamp, validAnnotations, validLabels } from "./metadata.ts";
import { type Member, podAnnotations } from "./pod-annotations.ts";
import { networkFields } from "./pod-network.ts";
import { groupFields, hostNamespaces, restartPolicy, stopTimeout } from "./pod-fields.ts";
import { noteMemberLosses, notePodLosses } from "./pod-losses.ts";
import type { PodSource } from "./pod-source.ts";
import { exposedPorts, publishedPorts } from "./ports.ts";
import { resourcesOf } from "./resource-fields.ts";
import { VolumeWriter } from "./volumes.ts";

export interface PodObject {
  readonly pod: Pod;
  /** Names of volumes that its claims stand for. */
  readonly claimed: readonly string[];
  readonly configMaps: readonly ConfigMap[];
}

export function podObject(writing: Writing, source: PodSource): PodObject {
  const { pod, members } = source;
  if (pod !== undefined) notePodLosses(writing, source, pod);
  noteMemberLosses(writing, source);
  const volumes = new VolumeWriter(writing, {
    podName: source.name,
    own: pod?.volumes ?? [],
    played: source.played?.template.spec?.volumes ?? [],
  });
  const containers = writeContainers(writing, source, volumes);
  const spec = compact<PodSpec>({
    containers: containers.plain,
    initContainers: whenAny(containers.init),
    ...hostNamespaces(writing, source),
    ...networkFields(writing, source),
    shareProcessNamespace: whenTrue(pod?.infraId !== "" && pod?.share.includes("pid")),
    hostUsers: members.some(({ config }) => config.idMappings !== undefined) ? false : undefined,
    // The API server wants to know the system where a signal is named.
    os: containers.all.some(({ lifecycle }) => lifecycle?.stopSignal !== undefined)
      ? { name: "linux" }
      : undefined,
    resources: pod && resourcesOf(pod.limits, (text) => writing.losses.add(source.subject, text)),
    restartPolicy: restartPolicy(writing, source),
    securityContext: groupFields(writing, source),
    terminationGracePeriodSeconds: stopTimeout(writing, source),
    volumes: whenAny(volumes.volumes()),
  });
  return {
    pod: { apiVersion: "v1", kind: "Pod", metadata: metadataOf(writing, source), spec },
    claimed: [...volumes.claimed],
    configMaps: volumes.configMaps,
  };
}

interface WrittenContainers {
  readonly all: readonly Container[];
  readonly plain: readonly Container[];
  readonly init: readonly Container[];
}

function writeContainers(writing: Writing, source: PodSource, volumes: VolumeWriter): WrittenContainers {
  const first = source.members.find(({ config }) => config.initContainer === undefined) ?? source.members[0];
  const written = source.members.map((member) => ({
    init: member.config.initContainer !== undefined,
    container: containerObject(writing, member.config, {
      name: member.name,
      ports: portsOf(writing, source, { member, first }),
      volumes,
    }),
  }));
  return {
    all: written.map(({ container }) => container),
    plain: written.filter(({ init }) => !init).map(({ container }) => container),
    init: written.filter(({ init }) => init).map(({ container }) => container),
  };
}

/**
 * Ports of a pod stand at the container that exposes them, and at the first where none does: Podman writes all at the
 * first, which tells a reader less.
 */
function portsOf(
  writing: Writing,
  { pod, members }: PodSource,
  { member: { config }, first }: { readonly member: Member; readonly first: Member | undefined },
): ContainerPort[] {
  const own: readonly PortMapping[] =
    pod !== undefined && config.network.mode.kind === "pod" ? [] : config.network.ports;
  const ofPod = publishedPorts(pod?.ports ?? [], writing.service).filter((port) => {
    const owner = [first, ...members].find((member) => member !== undefined && exposes(member.config, port));
    return (owner ?? first)?.config === config;
  });
  const published = [...ofPod, ...publishedPorts(own, writing.service)];
  const image = Object.keys(writing.image(config).ExposedPorts ?? {});
  return [...published, ...exposedPorts(config.network.exposed, { image, published })];
}

/** Init containers that end have ended when somebody could ask. */
function exposes({ network, initContainer }: ContainerConfig, port: ContainerPort): boolean {
  if (initContainer !== undefined && initContainer !== "sidecar") return false;
  return network.exposed.includes(`${port.containerPort}/${(port.protocol ?? "TCP").toLowerCase()}`);
}

function metadataOf(writing: Writing, source: PodSource): ObjectMeta {
  const lost = (text: string): void => writing.losses.add(source.subject, text);
  const infra =
    source.infraName === undefined ? {} : { "io.podman.annotations.infra.name": source.infraName };
  const annotations = { ...podAnnotations(writing, source.members), ...infra };
  return compact<ObjectMeta>({
    name: source.name,
    annotations: validAnnotations(annotations, source.noTrunc, lost),
    creationTimestamp: timestamp(source.created),
    labels: whenFilled({
      app: source.name.slice(0, 63).replace(/[.-]+$/, ""),
      ...validLabels(source.labels, lost),
    }),
  });
}
