/** How the container reaches the world: networks, ports, names. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { checkPortConflicts, parseExpose } from "@podwright/spec/values/port-mapping";
import type { ContainerNamespaces, ContainerNetwork } from "../../ports/container-record.ts";
import { checkForUser, defaultMode, hasAddresses } from "../../network/own-network.ts";
import { resolveAttachments } from "../../network/attachments.ts";
import { type ConfigInputs, imageDefaults, invalidConfig, joinsPod } from "./inputs.ts";

/** @throws CONTAINER_INVALID, PORT_INVALID, PORT_CONFLICT */
export function buildNetwork(inputs: ConfigInputs, namespaces: ContainerNamespaces): ContainerNetwork {
  const { request } = inputs;
  const mode = resolveMode(inputs);
  if (mode.kind === "container" && request.addHost.length > 0) {
    throw invalidConfig(
      "invalid config provided: cannot set extra host entries when the container is joined to another containers network namespace: invalid configuration",
    );
  }
  const exposed = exposedPorts(inputs);
  return {
    mode,
    ports: hasAddresses(mode.kind) ? publishedPorts(inputs, exposed) : discardPorts(inputs),
    exposed,
    publishAll: request.publishAll,
    dns: request.dns,
    addHost: request.addHost,
    noHosts: request.noHosts,
    noHostname: request.noHostname,
    hostname: resolveHostname(inputs, mode, namespaces),
  };
}

function resolveMode({
  request,
  pod,
  settings,
  networks,
  findContainer,
}: ConfigInputs): ContainerNetwork["mode"] {
  const mode = request.network;
  if (mode === undefined) {
    if (joinsPod(pod, "net")) return pod?.network.kind === "host" ? { kind: "host" } : { kind: "pod" };
    return defaultMode(settings);
  }
  checkForUser(settings, mode);
  if (mode.kind === "container") {
    return { kind: "container", container: findContainer(mode.container).config.id };
  }
  if (mode.kind !== "bridge") return mode;
  return { kind: "bridge", attachments: resolveAttachments({ settings, networks }, mode.attachments) };
}

function discardPorts({ request, warn }: ConfigInputs): PortMapping[] {
  if (request.ports.length > 0) {
    warn(
      "Port mappings have been discarded as one of the Host, Container, Pod, and None network modes are in use",
    );
  }
  return [];
}

/** -P gives each exposed port that -p leaves out a free host port. */
function publishedPorts({ request }: ConfigInputs, exposed: readonly string[]): PortMapping[] {
  const asked = request.ports;
  if (!request.publishAll) {
    checkPortConflicts(asked);
    return [...asked];
  }
  const isPublished = (port: number, protocol: string): boolean =>
    asked.some(
      (m) => m.protocol === protocol && port >= m.containerPort && port < m.containerPort + m.length,
    );
  const more = exposed.flatMap((text): PortMapping[] => {
    const [port = "", protocol] = text.split("/");
    const known = protocol === "udp" || protocol === "sctp" ? protocol : "tcp";
    if (isPublished(Number(port), known)) return [];
    return [{ hostIp: "", hostPort: 0, containerPort: Number(port), length: 1, protocol: known }];
  });
  checkPortConflicts([...asked, ...more]);
  return [...asked, ...more];
}

function exposedPorts(inputs: ConfigInputs): string[] {
  const image = Object.keys(imageDefaults(inputs).ExposedPorts ?? {}).flatMap(parseExpose);
  return [...new Set([...image, ...inputs.request.expose])];
}

/** Without a UTS namespace of its own, or on the host's network, the container has the host's name. */
function resolveHostname(
  { id, request, pod, facts, findContainer }: ConfigInputs,
  mode: ContainerNetwork["mode"],
  { uts }: ContainerNamespaces,
): string {
  if (request.hostname !== undefined) return checkHostname(request.hostname, uts.kind);
  if (uts.kind === "pod") return pod?.hostname ?? "";
  if (uts.kind === "container") return findContainer(uts.container).config.network.hostname;
  if (uts.kind === "host" || mode.kind === "host") return facts.hostname;
  return id.slice(0, 12);
}

function checkHostname(hostname: string, uts: string): string {
  if (uts === "host") {
    throw invalidConfig(
      "invalid config provided: cannot set hostname when running in the host UTS namespace: invalid configuration",
    );
  }
  const label = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?";
  if (hostname.length > 64 || !new RegExp(`^${label}(\\.${label})*$`).test(hostname)) {
    throw invalidConfig(`invalid hostname ${JSON.stringify(hostname)}: invalid argument`);
  }
  return hostname;
}
