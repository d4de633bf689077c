/** The PORTS column: `0.0.0.0:8080->80/tcp`, ranges as one, then what is exposed and not published. */
import type { PortMapping } from "@podwright/spec/engine-api/common";

export function showPorts(ports: readonly PortMapping[], exposed: readonly string[]): string {
  return [...joinRanges(ports).map(showMapping), ...showExposed(ports, exposed)].join(", ");
}

/** Mappings that follow one another on both sides become one. */
function joinRanges(ports: readonly PortMapping[]): PortMapping[] {
  const joined: PortMapping[] = [];
  for (const port of ports) {
    const last = joined.at(-1);
    if (last !== undefined && follows(last, port)) {
      joined[joined.length - 1] = { ...last, length: last.length + port.length };
    } else {
      joined.push(port);
    }
  }
  return joined;
}

function follows(last: PortMapping, next: PortMapping): boolean {
  return (
    last.hostIp === next.hostIp &&
    last.protocol === next.protocol &&
    last.hostPort !== 0 &&
    last.hostPort + last.length === next.hostPort &&
    last.containerPort + last.length === next.containerPort
  );
}

function showMapping(port: PortMapping): string {
  const host = port.hostIp === "" ? "0.0.0.0" : port.hostIp;
  const range = (first: number): string =>
    port.length > 1 ? `${first}-${first + port.length - 1}` : `${first}`;
  return `${host}:${range(port.hostPort)}->${range(port.containerPort)}/${port.protocol}`;
}

interface Exposed {
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
}

function showExposed(ports: readonly PortMapping[], exposed: readonly string[]): string[] {
  const runs: Exposed[] = [];
  for (const { protocol, first } of unpublished(ports, exposed)) {
    const run = runs.at(-1);
    if (run !== undefined && run.protocol === protocol && run.last + 1 === first) {
      runs[runs.length - 1] = { ...run, last: first };
    } else {
      runs.push({ protocol, first, last: first });
    }
  }
  return runs.map(({ first, last, protocol }) =>
    first === last ? `${first}/${protocol}` : `${first}-${last}/${protocol}`,
  );
}

/** In order of protocol, then number. */
function unpublished(ports: readonly PortMapping[], exposed: readonly string[]): Omit<Exposed, "last">[] {
  const isPublished = (number: number, protocol: string): boolean =>
    ports.some(
      (port) =>
        port.protocol === protocol &&
        number >= port.containerPort &&
        number < port.containerPort + port.length,
    );
  return [...new Set(exposed)]
    .map((text) => {
      const [number = "", protocol = "tcp"] = text.split("/");
      return { first: Number(number), protocol };
    })
    .filter(({ first, protocol }) => !isPublished(first, protocol))
    .sort((a, b) => (a.protocol === b.protocol ? a.first - b.first : a.protocol < b.protocol ? -1 : 1));
}
