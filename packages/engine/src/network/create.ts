/** `network create`: checks what was asked for, fills in the rest, stores it. The bridge is made at first use. */
import type { NetworkConfig, NetworkRequest, SubnetConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { contains, formatSubnet, type IpAddress, parseIp, type Subnet } from "../base/ip.ts";
import type { NetworkContext } from "./context.ts";
import { findNetwork, freeBridgeName } from "./default-network.ts";
import { readOptions } from "./options.ts";
import {
  firstAddress,
  freeSubnet,
  isTaken,
  localSubnet6,
  requireSubnet,
  subnetWithGateway,
  takenSubnets,
} from "./subnets.ts";

const CREATION = "network-create";
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const LONGEST_LINK_NAME = 15;
const RESERVED = new Set([
  "none",
  "host",
  "bridge",
  "private",
  "slirp4netns",
  "pasta",
  "container",
  "ns",
  "default",
]);

/** @throws NETWORK_NAME_IN_USE, NETWORK_INVALID, NOT_IMPLEMENTED */
export async function createNetwork(ctx: NetworkContext, request: NetworkRequest): Promise<NetworkConfig> {
  refuseUnsupported(request);
  // The default network first, so that it keeps its bridge and range.
  await findNetwork(ctx, "");
  const existing = request.name === undefined ? undefined : ctx.store.networks.get(request.name);
  if (existing !== undefined && request.ignore) return existing;
  if (existing !== undefined) {
    throw new EngineError(
      "NETWORK_NAME_IN_USE",
      `network name ${existing.name} already used: network already exists`,
    );
  }
  // Two creations must not choose the same range and bridge.
  using _lock = await ctx.locks.acquire(CREATION);
  try {
    const network = await resolve(ctx, request);
    ctx.store.networks.add(network);
    return network;
  } finally {
    ctx.locks.forget(CREATION);
  }
}

function refuseUnsupported(request: NetworkRequest): void {
  const driver = request.driver ?? "bridge";
  if (driver !== "bridge") {
    throw new EngineError("NOT_IMPLEMENTED", `network driver "${driver}" is not supported: only "bridge" is`);
  }
  if (request.dnsServers.length > 0) {
    throw new EngineError(
      "NOT_IMPLEMENTED",
      "--dns of networks is not supported: they have no name server yet",
      {
        hint: "give --dns to pod create or run",
      },
    );
  }
  if (request.name !== undefined && (!NAME.test(request.name) || RESERVED.has(request.name))) {
    throw invalid(
      `network name ${request.name} invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
    );
  }
}

async function resolve(ctx: NetworkContext, request: NetworkRequest): Promise<NetworkConfig> {
  const { options, interfaceName } = readOptions(request.options);
  const network: NetworkConfig = {
    name: request.name ?? freeName(ctx),
    id: ctx.ids.id(),
    driver: "bridge",
    interfaceName: request.interfaceName ?? interfaceName ?? "",
    created: ctx.clock.now(),
    subnets: [],
    ipv6: request.ipv6 || request.subnets.some(({ subnet }) => subnet.includes(":")),
    internal: request.internal,
    dns: false,
    dnsServers: [],
    labels: request.labels,
    options,
    ipamDriver: "host-local",
  };
  const named = { ...network, interfaceName: await bridgeName(ctx, network) };
  return { ...named, subnets: await subnets(ctx, named, request) };
}

async function bridgeName(ctx: NetworkContext, network: NetworkConfig): Promise<string> {
  const name = network.interfaceName;
  if (name === "") return freeBridgeName(ctx, network);
  if (!NAME.test(name) || name.length > LONGEST_LINK_NAME) {
    throw invalid(
      `bridge name ${name} invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
    );
  }
  const user = ctx.store.networks.list().find((other) => other.interfaceName === name);
  if (user !== undefined) throw invalid(`bridge name ${name} already in use by network ${user.name}`);
  return name;
}

async function subnets(
  ctx: NetworkContext,
  network: NetworkConfig,
  { subnets: wanted, ipv6 }: NetworkRequest,
): Promise<SubnetConfig[]> {
  const { links } = await ctx.host();
  const taken = takenSubnets(ctx.store.networks.list(), links.routes(), network.interfaceName);
  const result: SubnetConfig[] = [];
  for (const config of wanted) {
    const checked = checkSubnet(config, network.internal);
    const subnet = requireSubnet(checked.subnet);
    if (isTaken(subnet, taken)) {
      throw invalid(`subnet ${checked.subnet} is already used on the host or by another config`);
    }
    taken.push(subnet);
    result.push(checked);
  }
  const has = (family: 4 | 6): boolean =>
    result.some(({ subnet }) => subnet.includes(":") === (family === 6));
  if (!has(4) && (wanted.length === 0 || ipv6)) {
    result.push(subnetWithGateway(freeSubnet(taken), network.internal));
  }
  if (ipv6 && !has(6)) result.push(subnetWithGateway(localSubnet6(network.id), network.internal));
  return result;
}

function checkSubnet(config: SubnetConfig, internal: boolean): SubnetConfig {
  const subnet = requireSubnet(config.subnet);
  const gateway = config.gateway === undefined ? undefined : inside(subnet, config.gateway, "gateway");
  const start = config.leaseRange?.start;
  const end = config.leaseRange?.end;
  const first = start === undefined ? undefined : inside(subnet, start, "lease range start ip");
  const last = end === undefined ? undefined : inside(subnet, end, "lease range end ip");
  if (first !== undefined && last !== undefined && first.value > last.value) {
    throw invalid(`lease range start ip ${start} is after end ip ${end}`);
  }
  const chosen = config.gateway ?? (internal ? undefined : firstAddress(subnet));
  return {
    subnet: formatSubnet(subnet),
    ...(gateway === undefined && chosen === undefined ? {} : { gateway: config.gateway ?? chosen ?? "" }),
    ...(config.leaseRange === undefined ? {} : { leaseRange: config.leaseRange }),
  };
}

function inside(subnet: Subnet, text: string, what: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw invalid(`invalid ${what} ${JSON.stringify(text)}`);
  if (contains(subnet, address)) return address;
  throw invalid(`${what} ${text} not in subnet ${formatSubnet(subnet)}`);
}

/** podman1, podman2, …: as Podman names them. */
function freeName(ctx: NetworkContext): string {
  for (let number = 1; ; number++) {
    const name = `podman${number}`;
    if (ctx.store.networks.get(name) === undefined) return name;
  }
}

function invalid(message: string): EngineError {
  return new EngineError("NETWORK_INVALID", message);
}
