/** Which subnet a new network gets, and which of its addresses are whose. Pure. */
import type { SubnetConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  contains,
  formatIp,
  formatSubnet,
  type IpAddress,
  lastAddress,
  overlaps,
  parseIp,
  parseSubnet,
  type Subnet,
} from "../base/ip.ts";
import type { HostRoute } from "../ports/links.ts";

/** Podman's pool for networks without a subnet of their own: 10.89.0.0/24 to 10.255.255.0/24. */
const POOL = { first: 0x0a590000n, end: 0x0b000000n, step: 256n, prefix: 24 } as const;

/** Ranges that are spoken for: those of other networks, and what the host routes elsewhere than to `own`. */
export function takenSubnets(
  networks: readonly { readonly subnets: readonly SubnetConfig[] }[],
  routes: readonly HostRoute[],
  own: string,
): Subnet[] {
  const configured = networks.flatMap((network) => network.subnets.map(({ subnet }) => parseSubnet(subnet)));
  const routed = routes
    .filter((route) => route.interfaceName !== own)
    .map((route) => parseSubnet(route.destination))
    // A default route leads everywhere and speaks for nothing.
    .filter((subnet) => subnet !== undefined && subnet.prefix > 0);
  return [...configured, ...routed].filter((subnet) => subnet !== undefined);
}

export function isTaken(candidate: Subnet, taken: readonly Subnet[]): boolean {
  return taken.some((other) => overlaps(candidate, other));
}

/**
 * The first free range of the pool. Where a wide route (a VPN's 10.0.0.0/8) covers the whole pool, only routes
 * within a candidate count: ours, being narrower, wins over a wider one.
 */
export function freeSubnet(taken: readonly Subnet[]): Subnet {
  const narrow = taken.filter((subnet) => subnet.family === 4 && subnet.prefix >= POOL.prefix);
  const found = firstFree(taken.filter((subnet) => subnet.family === 4)) ?? firstFree(narrow);
  if (found !== undefined) return found;
  throw new EngineError("NETWORK_ADDRESSES_EXHAUSTED", "could not find free subnet from subnet pools");
}

function firstFree(taken: readonly Subnet[]): Subnet | undefined {
  for (let base = POOL.first; base < POOL.end; base += POOL.step) {
    const candidate: Subnet = { family: 4, base, prefix: POOL.prefix };
    if (!isTaken(candidate, taken)) return candidate;
  }
  return undefined;
}

/** A unique local /64 (RFC 4193), its 56 free bits from the network's random id. */
export function localSubnet6(networkId: string): Subnet {
  return { family: 6, base: BigInt(`0xfd${networkId.slice(0, 14)}`) << 64n, prefix: 64 };
}

/** The network address and, for IPv4, the broadcast address are nobody's; /31, /32, /127, /128 have neither. */
export function usableRange(subnet: Subnet): { readonly first: bigint; readonly last: bigint } {
  const tiny = subnet.prefix >= (subnet.family === 4 ? 31 : 127);
  if (tiny) return { first: subnet.base, last: lastAddress(subnet) };
  const last = lastAddress(subnet);
  return { first: subnet.base + 1n, last: subnet.family === 4 ? last - 1n : last };
}

export function firstAddress(subnet: Subnet): string {
  return formatIp({ family: subnet.family, value: usableRange(subnet).first });
}

/** Longest walk through a large IPv6 range. */
const MOST_CANDIDATES = 1n << 16n;

/**
 * Addresses to try, starting `turn` places into the range and wrapping, so that one that was given back is not
 * handed out again at once: a namespace that is being torn down may still answer for it.
 */
export function* leaseCandidates(config: SubnetConfig, turn: number): Generator<string> {
  const subnet = requireSubnet(config.subnet);
  const usable = usableRange(subnet);
  const first = larger(valueOf(config.leaseRange?.start), usable.first);
  // A range given as CIDR may end with the subnet's broadcast address.
  const last = smaller(valueOf(config.leaseRange?.end), usable.last);
  const gateway = valueOf(config.gateway);
  const gatewayInside = gateway !== undefined && gateway >= first && gateway <= last;
  const size = last - first + 1n - (gatewayInside ? 1n : 0n);
  if (size <= 0n) return;
  const count = size < MOST_CANDIDATES ? size : MOST_CANDIDATES;
  for (let i = 0n; i < count; i++) {
    let value = first + ((BigInt(turn) + i) % size);
    if (gatewayInside && value >= gateway) value += 1n;
    yield formatIp({ family: subnet.family, value });
  }
}

export function containsAddress(config: SubnetConfig, address: IpAddress): boolean {
  return contains(requireSubnet(config.subnet), address);
}

/** Of a stored configuration, which was checked when it was made. */
export function requireSubnet(text: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet !== undefined) return subnet;
  throw new EngineError("NETWORK_INVALID", `subnet invalid: invalid CIDR address: ${text}`);
}

/** "10.88.0.5" in 10.88.0.0/16 → "10.88.0.5/16". */
export function withPrefix(address: string, config: SubnetConfig): string {
  return `${address}/${requireSubnet(config.subnet).prefix}`;
}

export function subnetWithGateway(subnet: Subnet, needsGateway: boolean): SubnetConfig {
  const text = formatSubnet(subnet);
  return needsGateway ? { subnet: text, gateway: firstAddress(subnet) } : { subnet: text };
}

function valueOf(address: string | undefined): bigint | undefined {
  return address === undefined ? undefined : parseIp(address)?.value;
}

function larger(a: bigint | undefined, b: bigint): bigint {
  return a !== undefined && a > b ? a : b;
}

function smaller(a: bigint | undefined, b: bigint): bigint {
  return a !== undefined && a < b ? a : b;
}
