/** Published ports of a pod: those of its containers, with those of the command line over them. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { Container } from "@podwright/spec/kube/types";
import { canonicalIp } from "@podwright/spec/values/ip";
import { type Place, quote } from "./place.ts";
import { isSidecar, type PodScope, specPlace } from "./scope.ts";

export interface PlannedPort {
  readonly mapping: PortMapping;
  /** Where it is asked for: in the manifest, or the object itself for the command line's. */
  readonly place: Place;
}

export function planPorts(scope: PodScope): PlannedPort[] {
  const { request, workload } = scope;
  const given = request.ports.map((mapping) => ({ mapping, place: workload.root }));
  const written = containersWithPorts(scope).flatMap(({ container, place }) =>
    ofContainer(scope, container, place),
  );
  return [
    ...given,
    ...written.filter(({ mapping }) => !given.some((other) => covers(other.mapping, mapping))),
  ];
}

interface Placed {
  readonly container: Container;
  readonly place: Place;
}

/** Init containers have ended when anybody could ask; sidecars go on. */
function containersWithPorts({ workload }: PodScope): Placed[] {
  const { initContainers = [], containers } = workload.spec;
  const spec = specPlace(workload);
  return [
    ...initContainers
      .map((container, i) => ({ container, place: spec.at("initContainers", i) }))
      .filter(({ container }) => isSidecar(container)),
    ...containers.map((container, i) => ({ container, place: spec.at("containers", i) })),
  ];
}

function ofContainer({ request, workload }: PodScope, container: Container, place: Place): PlannedPort[] {
  return (container.ports ?? []).flatMap((port, i) => {
    const here = place.at("ports", i);
    const containerPort = port.containerPort === 0 ? (port.hostPort ?? 0) : port.containerPort;
    const wanted = request.publishAll && (port.hostPort ?? 0) === 0 ? containerPort : (port.hostPort ?? 0);
    if (wanted === 0) return [];
    // On the host's network, a port is open by itself.
    if (workload.spec.hostNetwork === true && request.network === undefined) return [];
    const mapping: PortMapping = {
      hostIp: hostIp(port.hostIP),
      hostPort: wanted,
      containerPort,
      length: 1,
      protocol: protocolOf(port.protocol),
    };
    return [{ mapping, place: here.at(port.hostPort === undefined ? "containerPort" : "hostPort") }];
  });
}

function protocolOf(text: string | undefined): PortMapping["protocol"] {
  if (text === "UDP") return "udp";
  return text === "SCTP" ? "sctp" : "tcp";
}

/** "" is any address. */
function hostIp(text: string | undefined): string {
  if (text === undefined || text === "0.0.0.0") return "";
  return canonicalIp(text) ?? "";
}

function covers(given: PortMapping, written: PortMapping): boolean {
  return (
    given.protocol === written.protocol &&
    written.containerPort >= given.containerPort &&
    written.containerPort < given.containerPort + given.length
  );
}

/** Reports host ports that two pods (or two containers of one) want: one can have them. */
export function checkPorts(
  pods: readonly { readonly podName: string; readonly ports: readonly PlannedPort[] }[],
): void {
  const taken: (PlannedPort & { readonly podName: string })[] = [];
  for (const { podName, ports } of pods) {
    for (const port of ports) {
      const holder = taken.find((other) => clash(other.mapping, port.mapping));
      const { hostPort, protocol } = port.mapping;
      if (holder !== undefined) {
        const whose = holder.podName === podName ? "twice by the pod" : `by pod ${quote(holder.podName)} too`;
        port.place.error(
          `conflicting port mappings for host port ${hostPort} (protocol ${protocol}): it is wanted ${whose}`,
          "give one of them another hostPort, or leave it out where nobody asks from outside",
        );
      }
      taken.push({ ...port, podName });
    }
  }
}

function clash(a: PortMapping, b: PortMapping): boolean {
  if (a.hostPort === 0 || b.hostPort === 0 || a.protocol !== b.protocol) return false;
  if (a.hostIp !== "" && b.hostIp !== "" && a.hostIp !== b.hostIp) return false;
  return a.hostPort < b.hostPort + b.length && b.hostPort < a.hostPort + a.length;
}
