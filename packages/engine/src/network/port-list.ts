/** Lists of published ports, with some more or some fewer: pure. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";

/** One port of a mapping. */
interface Unit {
  readonly mapping: PortMapping;
  readonly offset: number;
}

/** Without those that are published just so already, as far as they are: a part of a range, too. */
export function newPorts(present: readonly PortMapping[], add: readonly PortMapping[]): PortMapping[] {
  const known = new Set(present.flatMap(unitTexts));
  return add.flatMap((mapping) => {
    if (mapping.hostPort === 0) return [mapping];
    const texts = unitTexts(mapping);
    const fresh = runs(mapping, (offset) => !known.has(texts[offset] ?? ""));
    for (const text of texts) known.add(text);
    return fresh;
  });
}

function unitTexts(mapping: PortMapping): string[] {
  return Array.from({ length: mapping.length }, (_, offset) => portText(single({ mapping, offset })));
}

/**
 * What is left, and what goes: a part of a range, too. A wish without a host port means the host port of that
 * number, or the container's where no host port has it. @throws PORT_NOT_PUBLISHED, PORT_INVALID when it may mean two
 */
export function withoutPorts(
  present: readonly PortMapping[],
  wishes: readonly PortMapping[],
): { readonly left: PortMapping[]; readonly removed: PortMapping[] } {
  const byHost = indexed(present, ({ hostPort }) => hostPort);
  const byContainer = indexed(present, ({ containerPort }) => containerPort);
  const doomed = new Map<PortMapping, Set<number>>();
  for (const wish of wishes) {
    for (let i = 0; i < wish.length; i++) {
      for (const { mapping, offset } of unitsOf(wish, i, { byHost, byContainer })) {
        const offsets = doomed.get(mapping) ?? new Set<number>();
        doomed.set(mapping, offsets.add(offset));
      }
    }
  }
  const left: PortMapping[] = [];
  const removed: PortMapping[] = [];
  for (const mapping of present) {
    const offsets = doomed.get(mapping);
    if (offsets === undefined) left.push(mapping);
    else {
      left.push(...runs(mapping, (offset) => !offsets.has(offset)));
      removed.push(...runs(mapping, (offset) => offsets.has(offset)));
    }
  }
  return { left, removed };
}

type Index = ReadonlyMap<string, readonly Unit[]>;

function indexed(present: readonly PortMapping[], first: (mapping: PortMapping) => number): Index {
  const index = new Map<string, Unit[]>();
  for (const mapping of present) {
    for (let offset = 0; offset < mapping.length; offset++) {
      const key = `${first(mapping) + offset}/${mapping.protocol}`;
      const units = index.get(key);
      if (units === undefined) index.set(key, [{ mapping, offset }]);
      else units.push({ mapping, offset });
    }
  }
  return index;
}

function unitsOf(
  wish: PortMapping,
  i: number,
  { byHost, byContainer }: { readonly byHost: Index; readonly byContainer: Index },
): readonly Unit[] {
  const onAddress = ({ mapping }: Unit): boolean => wish.hostIp === "" || wish.hostIp === mapping.hostIp;
  const container = wish.containerPort + i;
  if (wish.hostPort !== 0) {
    const found = (byHost.get(`${wish.hostPort + i}/${wish.protocol}`) ?? [])
      .filter(onAddress)
      .filter(({ mapping, offset }) => mapping.containerPort + offset === container);
    return found.length > 0 ? found : refuseUnknown(wish, `${wish.hostPort + i}:${container}`);
  }
  const key = `${container}/${wish.protocol}`;
  const hosts = (byHost.get(key) ?? []).filter(onAddress);
  const inside = (byContainer.get(key) ?? []).filter(onAddress);
  const meant = hosts.length > 0 ? hosts : inside;
  if (meant.length === 0) return refuseUnknown(wish, String(container));
  // Through which the container's port, or a host's port of the same number, would go on being reached.
  const others = inside.filter((unit) => !meant.some((one) => sameHostPort(one, unit)));
  const several = meant.filter((unit) => !meant.every((one) => sameHostPort(one, unit)));
  if (others.length === 0 && several.length === 0) return meant;
  const choices = [...new Set([...meant, ...inside].map((unit) => portText(single(unit))))].join(", ");
  throw new EngineError("PORT_INVALID", `port ${key} may mean any of ${choices}`, {
    hint: "give host port and container port",
  });
}

function sameHostPort(a: Unit, b: Unit): boolean {
  return a.mapping.hostPort + a.offset === b.mapping.hostPort + b.offset;
}

function refuseUnknown(wish: PortMapping, text: string): never {
  const on = wish.hostIp === "" ? "" : ` on ${wish.hostIp}`;
  throw new EngineError("PORT_NOT_PUBLISHED", `port ${text}/${wish.protocol}${on} is not published`);
}

/** The parts of a mapping whose ports are chosen, as mappings of their own. */
function runs(mapping: PortMapping, chosen: (offset: number) => boolean): PortMapping[] {
  const result: PortMapping[] = [];
  for (let start = 0; start < mapping.length; start++) {
    if (!chosen(start)) continue;
    let end = start + 1;
    while (end < mapping.length && chosen(end)) end++;
    result.push(part(mapping, start, end - start));
    start = end;
  }
  return result;
}

function part(mapping: PortMapping, offset: number, length: number): PortMapping {
  if (length === mapping.length) return mapping;
  const { hostPort, containerPort } = mapping;
  return { ...mapping, hostPort: hostPort + offset, containerPort: containerPort + offset, length };
}

function single({ mapping, offset }: Unit): PortMapping {
  return part(mapping, offset, 1);
}

/** As `-p` takes it. */
export function portText({ hostIp, hostPort, containerPort, length, protocol }: PortMapping): string {
  const range = (first: number): string => (length === 1 ? `${first}` : `${first}-${first + length - 1}`);
  const address = hostIp === "" ? "" : `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:`;
  return `${address}${range(hostPort)}:${range(containerPort)}/${protocol}`;
}
