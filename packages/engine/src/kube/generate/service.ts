/** A NodePort Service in front of a pod. */
import type { ContainerPort, ObjectMeta } from "@podwright/spec/kube/types";
import { compact } from "./members.ts";
import { label } from "./names.ts";

const FIRST = 30_000;
const COUNT = 2_768;

/** Nothing here runs a Service, so its type is not among those that manifests are read by. */
export interface Service {
  readonly apiVersion: "v1";
  readonly kind: "Service";
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly type: "NodePort";
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly ServicePort[];
  };
}

interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
  readonly nodePort?: number;
  readonly protocol?: "SCTP" | "TCP" | "UDP";
}

/**
 * Undefined where there is no port: the API server takes no Service without. Node ports follow from the pod's name,
 * so that the same pod gives the same text each time.
 */
export function serviceOf(
  metadata: ObjectMeta,
  selector: Readonly<Record<string, string>>,
  published: readonly ContainerPort[],
): Service | undefined {
  const ports = distinct(published);
  if (ports.length === 0) return undefined;
  const name = serviceName(metadata.name ?? "");
  const taken = new Set<number>();
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: compact<ObjectMeta>({
      name,
      creationTimestamp: metadata.creationTimestamp,
      labels: metadata.labels,
    }),
    spec: {
      type: "NodePort",
      selector,
      ports: ports.map(({ containerPort, protocol }) =>
        compact<ServicePort>({
          name: portName(containerPort, protocol),
          port: containerPort,
          targetPort: containerPort,
          nodePort: nodePort(`${name} ${containerPort} ${protocol ?? ""}`, taken),
          protocol,
        }),
      ),
    },
  };
}

/** A label that begins with a letter. */
function serviceName(podName: string): string {
  const name = label(podName);
  return /^[a-z]/.test(name) ? name : label(`svc-${name}`);
}

/** A port that is published twice is served once. */
function distinct(ports: readonly ContainerPort[]): ContainerPort[] {
  return [...new Map(ports.map((port) => [portName(port.containerPort, port.protocol), port])).values()];
}

function portName(port: number, protocol: ContainerPort["protocol"]): string {
  return protocol === undefined || protocol === "TCP" ? String(port) : `${port}-${protocol.toLowerCase()}`;
}

/** Undefined, which leaves the choice to the cluster, once all are taken. */
function nodePort(seed: string, taken: Set<number>): number | undefined {
  if (taken.size >= COUNT) return undefined;
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  let offset = hash % COUNT;
  while (taken.has(offset)) offset = (offset + 1) % COUNT;
  taken.add(offset);
  return FIRST + offset;
}
