/** Resolves requested port mappings against the host: free random ports, a bind test of each, one mapping once. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { checkPortConflicts } from "@podwright/spec/values/port-mapping";
import { parseIp } from "../base/ip.ts";
import type { HostEndpoint, HostPorts } from "../ports/host-ports.ts";

/** Tries for a random port, or range of ports, that is free. */
const ATTEMPTS = 32;

/**
 * Every host port known and free at this moment. `families` are those of the sandbox's addresses.
 * @throws PORT_CONFLICT within the request, PORT_IN_USE
 */
export function resolveHostPorts(
  hostPorts: HostPorts,
  mappings: readonly PortMapping[],
  families: readonly (4 | 6)[],
): PortMapping[] {
  checkPortConflicts(mappings);
  refuseOverlap(mappings);
  for (const mapping of mappings) {
    if (mapping.hostPort === 0) continue;
    requireFree(hostPorts, mapping, families);
  }
  return choosePorts(hostPorts, mappings, families);
}

/** Those without a host port get one that is free. @throws PORT_IN_USE for a range that fits nowhere */
export function choosePorts(
  hostPorts: HostPorts,
  mappings: readonly PortMapping[],
  families: readonly (4 | 6)[],
): PortMapping[] {
  const result = [...mappings];
  for (const [index, mapping] of mappings.entries()) {
    if (mapping.hostPort === 0)
      result[index] = chooseFreePort(hostPorts, mapping, { families, others: result });
  }
  return result;
}

/** `-p 8080:80 -p 127.0.0.1:8080:80`: the second could never be bound beside the first. */
export function refuseOverlap(mappings: readonly PortMapping[]): void {
  const isWide = ({ hostIp }: PortMapping): boolean => hostIp === "" || parseIp(hostIp)?.value === 0n;
  const given = mappings.filter(({ hostPort }) => hostPort !== 0);
  const narrows = given.filter((mapping) => !isWide(mapping));
  if (narrows.length === 0) return;
  for (const wide of given.filter(isWide)) {
    for (const narrow of narrows) {
      if (narrow.protocol !== wide.protocol) continue;
      const start = Math.max(wide.hostPort, narrow.hostPort);
      if (start >= Math.min(wide.hostPort + wide.length, narrow.hostPort + narrow.length)) continue;
      throw new EngineError(
        "PORT_CONFLICT",
        `conflicting port mappings for host port ${start} (protocol ${wide.protocol})`,
      );
    }
  }
}

function chooseFreePort(
  hostPorts: HostPorts,
  mapping: PortMapping,
  { families, others }: { families: readonly (4 | 6)[]; others: readonly PortMapping[] },
): PortMapping {
  const [address] = bindAddresses(mapping.hostIp, families);
  if (address === undefined) return mapping;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = hostPorts.bind({ address, port: 0, protocol: mapping.protocol });
    const hostPort = first?.endpoint.port ?? 0;
    first?.[Symbol.dispose]();
    if (hostPort === 0 || hostPort + mapping.length > 65_536) continue;
    const chosen = { ...mapping, hostPort, chosen: true };
    if (others.some((other) => overlap(other, chosen))) continue;
    try {
      requireFree(hostPorts, chosen, families);
      return chosen;
    } catch (error) {
      if (!isEngineError(error, "PORT_IN_USE")) throw error;
    }
  }
  throw new EngineError(
    "PORT_IN_USE",
    `cannot publish port ${mapping.containerPort}/${mapping.protocol}: no free host port for a range of ${mapping.length}: address already in use`,
  );
}

function overlap(a: PortMapping, b: PortMapping): boolean {
  const start = Math.max(a.hostPort, b.hostPort);
  return a.protocol === b.protocol && start < Math.min(a.hostPort + a.length, b.hostPort + b.length);
}

/** One after the other: a range may be longer than the limit of open files. */
function requireFree(hostPorts: HostPorts, mapping: PortMapping, families: readonly (4 | 6)[]): void {
  for (const endpoint of endpointsOf(mapping, families)) hostPorts.requireFree(endpoint);
}

/** What a mapping takes of the host. */
export function* endpointsOf(mapping: PortMapping, families: readonly (4 | 6)[]): Generator<HostEndpoint> {
  for (let i = 0; i < mapping.length; i++) {
    for (const address of bindAddresses(mapping.hostIp, families)) {
      yield { address, port: mapping.hostPort + i, protocol: mapping.protocol };
    }
  }
}

function bindAddresses(hostIp: string, families: readonly (4 | 6)[]): string[] {
  if (hostIp !== "") return [hostIp];
  return families.map((family) => (family === 4 ? "0.0.0.0" : "::"));
}
