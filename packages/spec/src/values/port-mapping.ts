/** `-p [[ip:][hostPort[-end]]:]containerPort[-end][/protocol]` and `--expose port[-end][/protocol]`. */
import type { PortMapping } from "../engine-api/common.ts";
import { EngineError } from "../errors/engine-error.ts";
import { canonicalIp } from "./ip.ts";

const PROTOCOLS = ["tcp", "udp", "sctp"] as const;

/** @throws PORT_INVALID */
export function parsePortMapping(text: string): PortMapping {
  const [spec = "", protocol = "tcp", ...more] = text.split("/");
  if (more.length > 0) throw invalid("invalid port format - protocol can only be specified once");
  const { hostIp, hostPort, containerPort } = splitAddress(spec);
  if (containerPort === "") throw invalid("must provide a non-empty container port to publish");
  const container = parseRange(containerPort, "parsing container port: ");
  const mapping = {
    hostIp: parseHostIp(hostIp),
    containerPort: container.start,
    length: container.length,
    protocol: parseProtocol(protocol),
  };
  if (hostPort === undefined || hostPort === "") return { ...mapping, hostPort: 0 };
  const host = parseRange(hostPort, "parsing host port: ");
  if (host.length !== container.length) {
    throw invalid(
      `host and container port ranges have different lengths: ${host.length} vs ${container.length}`,
    );
  }
  return { ...mapping, hostPort: host.start };
}

/** "8000-8002/udp" → ["8000/udp", "8001/udp", "8002/udp"]. @throws PORT_INVALID */
export function parseExpose(text: string): string[] {
  const [ports = "", protocol = "tcp", ...more] = text.split("/");
  if (more.length > 0) throw invalid("invalid expose format - protocol can only be specified once");
  const { start, length } = parseRange(ports, "");
  const checked = parseProtocol(protocol);
  return Array.from({ length }, (_, i) => `${start + i}/${checked}`);
}

/** A host port may be asked for once per protocol and address. @throws PORT_CONFLICT */
export function checkPortConflicts(mappings: readonly PortMapping[]): void {
  const taken = new Map<string, { readonly hostIp: string; readonly containerPort: number }[]>();
  for (const mapping of mappings) {
    if (mapping.hostPort === 0) continue;
    for (let i = 0; i < mapping.length; i++) {
      const port = { hostIp: mapping.hostIp, containerPort: mapping.containerPort + i };
      const key = `${mapping.hostPort + i}/${mapping.protocol}`;
      const others = taken.get(key) ?? [];
      if (others.some((other) => overlaps(other, port))) {
        throw new EngineError(
          "PORT_CONFLICT",
          `conflicting port mappings for host port ${mapping.hostPort + i} (protocol ${mapping.protocol})`,
        );
      }
      taken.set(key, [...others, port]);
    }
  }
}

/** The same mapping twice is one mapping; two container ports behind one host port are not. */
function overlaps(
  a: { readonly hostIp: string; readonly containerPort: number },
  b: { readonly hostIp: string; readonly containerPort: number },
): boolean {
  return a.hostIp === b.hostIp && a.containerPort !== b.containerPort;
}

interface SplitAddress {
  readonly hostIp?: string;
  readonly hostPort?: string;
  readonly containerPort: string;
}

function splitAddress(spec: string): SplitAddress {
  const bracket = spec.indexOf("]");
  if (bracket !== -1) return splitIpv6(spec, bracket);
  const [first = "", second, third, ...more] = spec.split(":");
  if (more.length > 0) throw invalid("invalid port format - format is [[hostIP:]hostPort:]containerPort");
  if (second === undefined) return { containerPort: first };
  if (third === undefined) return { hostPort: first, containerPort: second };
  return { hostIp: first, hostPort: second, containerPort: third };
}

function splitIpv6(spec: string, bracket: number): SplitAddress {
  const rest = spec.slice(bracket + 1);
  if (rest.includes("]")) {
    throw invalid("invalid port format - at most one IPv6 address can be specified in a --publish");
  }
  if (!spec.startsWith("[")) throw invalid("invalid port format - IPv6 addresses must be enclosed by []");
  if (!rest.startsWith(":")) {
    throw invalid("invalid port format - IPv6 address must be followed by a colon (':')");
  }
  const [hostPort = "", containerPort, ...more] = rest.slice(1).split(":");
  if (containerPort === undefined) {
    throw invalid("invalid port format - must provide host and destination port if specifying an IP");
  }
  if (more.length > 0) {
    throw invalid("invalid port format - when v6 address specified, must be [ipv6]:hostPort:ctrPort");
  }
  return { hostIp: spec.slice(1, bracket), hostPort, containerPort };
}

function parseHostIp(text: string | undefined): string {
  if (text === undefined || text === "0.0.0.0") return "";
  if (text === "") throw invalid("must provide a non-empty container host IP to publish");
  const address = canonicalIp(text);
  if (address === undefined) throw invalid(`cannot parse ${JSON.stringify(text)} as an IP address`);
  return address;
}

function parseProtocol(text: string): PortMapping["protocol"] {
  if (text === "") throw invalid("must provide a non-empty protocol to publish");
  const protocol = PROTOCOLS.find((p) => p === text.toLowerCase());
  if (protocol === undefined) {
    throw invalid(`unrecognized protocol ${JSON.stringify(text)} in port mapping`);
  }
  return protocol;
}

function parseRange(text: string, context: string): { readonly start: number; readonly length: number } {
  const [first = "", last, ...more] = text.split("-");
  if (more.length > 0) {
    throw invalid(`${context}invalid port format - port ranges are formatted as startPort-stopPort`);
  }
  if (first === "") throw invalid(`${context}port numbers cannot be negative`);
  const start = parsePort(first, context);
  if (last === undefined) return { start, length: 1 };
  if (last === "") throw invalid(`${context}must provide ending number for port range`);
  const end = parsePort(last, context);
  if (end <= start) {
    throw invalid(
      `${context}the end port of a range must be higher than the start port - ${end} is not higher than ${start}`,
    );
  }
  return { start, length: end - start + 1 };
}

function parsePort(text: string, context: string): number {
  if (!/^[+-]?\d+$/.test(text)) {
    throw invalid(
      `${context}invalid port number: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  const port = Number(text);
  if (port < 1 || port > 65_535) {
    throw invalid(`${context}port numbers must be between 1 and 65535 (inclusive), got ${port}`);
  }
  return port;
}

function invalid(message: string): EngineError {
  return new EngineError("PORT_INVALID", message);
}
