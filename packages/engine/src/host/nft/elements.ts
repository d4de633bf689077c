/** Port mappings as elements of the table's maps. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { formatIp, parseIp } from "../../base/ip.ts";
import type { PublishRequest } from "../../ports/firewall.ts";

export type MapName = "any4" | "pub4" | "any6" | "pub6";

export interface PortElement {
  readonly map: MapName;
  /** As nft prints it: "tcp . 10.0.0.1 . 8080". */
  readonly key: string;
  /** "10.88.0.2 . 80" */
  readonly value: string;
  readonly protocol: PortMapping["protocol"];
  /** Canonical; "" for any. */
  readonly hostIp: string;
  readonly hostPort: number;
}

/** Ranges become an element each. @throws PORT_INVALID when the sandbox has no address of the host address's family */
export function portElements(request: PublishRequest): PortElement[] {
  const ips = request.addresses.map((address) => parseIp(address));
  const v4 = ips.find((ip) => ip?.family === 4);
  const v6 = ips.find((ip) => ip?.family === 6);
  const targets = {
    4: v4 === undefined ? undefined : formatIp(v4),
    6: v6 === undefined ? undefined : formatIp(v6),
  };
  const elements = request.ports.flatMap((port) => {
    const places = placesOf(port, targets);
    if (places.length === 0) {
      throw new EngineError(
        "PORT_INVALID",
        `cannot publish port ${port.hostPort}/${port.protocol}${port.hostIp === "" ? "" : ` on ${port.hostIp}`}: the network has no address of that family`,
      );
    }
    return places.flatMap((place) =>
      Array.from({ length: port.length }, (_, i) => toElement(port, place, i)),
    );
  });
  // The same mapping twice is one element, which cannot be created twice.
  return [...new Map(elements.map((element) => [elementId(element), element])).values()];
}

interface Place {
  readonly map: MapName;
  readonly hostIp: string;
  readonly target: string;
}

function placesOf(port: PortMapping, targets: Readonly<Record<4 | 6, string | undefined>>): Place[] {
  const host = port.hostIp === "" ? undefined : parseIp(port.hostIp);
  const families = host === undefined ? ([4, 6] as const) : ([host.family] as const);
  return families.flatMap((family): Place[] => {
    const target = targets[family];
    if (target === undefined) return [];
    const any = host === undefined || host.value === 0n;
    const kind = any ? "any" : "pub";
    return [{ map: `${kind}${family}`, hostIp: any ? "" : formatIp(host), target }];
  });
}

function toElement(port: PortMapping, place: Place, offset: number): PortElement {
  const hostPort = port.hostPort + offset;
  const middle = place.hostIp === "" ? "" : `${place.hostIp} . `;
  return {
    map: place.map,
    key: `${port.protocol} . ${middle}${hostPort}`,
    value: `${place.target} . ${port.containerPort + offset}`,
    protocol: port.protocol,
    hostIp: place.hostIp,
    hostPort,
  };
}

/** One command per map: `create element inet T any4 { tcp . 80 : 10.88.0.2 . 80, … }`. */
export function elementCommands(
  verb: "add" | "create" | "delete",
  table: string,
  elements: readonly PortElement[],
): string {
  const valued = verb !== "delete";
  const groups = new Map<MapName, string[]>();
  for (const element of elements) {
    const group = groups.get(element.map) ?? [];
    group.push(valued ? `${element.key} : ${element.value}` : element.key);
    groups.set(element.map, group);
  }
  return [...groups]
    .map(([map, entries]) => `${verb} element inet ${table} ${map} { ${entries.join(", ")} }`)
    .join("\n");
}

export function elementId(element: PortElement): string {
  return `${element.map}|${element.key}`;
}
