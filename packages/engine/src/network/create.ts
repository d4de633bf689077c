/** `network create`: checks what was asked for, fills in the rest, stores it. Links are made at first use. */
import type { NetworkConfig, NetworkRequest, SubnetConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseIp } from "../base/ip.ts";
import type { NetworkContext } from "./context.ts";
import { checkRoutes, checkSubnet } from "./check-subnet.ts";
import { findNetwork, freeBridgeName } from "./default-network.ts";
import { networkEvent } from "./network-event.ts";
import { readOptions } from "./options.ts";
import {
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
const RESERVED = new Set("none host bridge private slirp4netns pasta container ns default".split(" "));

type Driver = "bridge" | "macvlan" | "ipvlan";

/** @throws NETWORK_NAME_IN_USE, NETWORK_INVALID, NOT_IMPLEMENTED */
export async function createNetwork(ctx: NetworkContext, request: NetworkRequest): Promise<NetworkConfig> {
  checkName(request.name);
  // The default network first, so that it keeps its bridge and range.
  await findNetwork(ctx, "");
  const existing = request.name === undefined ? undefined : ctx.store.networks.get(request.name);
  if (existing !== undefined && request.ignore) return existing;
  if (existing !== undefined) throw nameInUse(existing.name);
  // Two creations must not choose the same range and bridge.
  using _lock = await ctx.locks.acquire(CREATION);
  try {
    const meanwhile = request.name === undefined ? undefined : ctx.store.networks.get(request.name);
    if (meanwhile !== undefined && request.ignore) return meanwhile;
    const network = await resolve(ctx, request);
    ctx.store.networks.add(network);
    ctx.events.write(networkEvent(network, "create"));
    return network;
  } finally {
    ctx.locks.forget(CREATION);
  }
}

function checkName(name: string | undefined): void {
  if (name === undefined) return;
  if (RESERVED.has(name)) {
    throw invalid(
      `cannot create network with name ${JSON.stringify(name)} because it conflicts with a valid network mode`,
    );
  }
  if (!NAME.test(name)) {
    throw invalid(
      `network name ${name} invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
    );
  }
}

function nameInUse(name: string): EngineError {
  return new EngineError("NETWORK_NAME_IN_USE", `network name ${name} already used: network already exists`);
}

async function resolve(ctx: NetworkContext, request: NetworkRequest): Promise<NetworkConfig> {
  const driver = driverOf(request);
  const { options, interfaceName } = readOptions(driver, request.options);
  const ipamDriver = ipamOf(driver, request);
  const dns = driver === "bridge" && ipamDriver === "host-local" && !request.disableDns;
  const routes = checkRoutes(request.routes ?? []);
  const network: NetworkConfig = {
    name: request.name ?? freeName(ctx),
    id: ctx.ids.id(),
    driver,
    interfaceName: interfaceName ?? request.interfaceName ?? "",
    created: ctx.clock.now(),
    subnets: [],
    ipv6: request.ipv6 || request.subnets.some(({ subnet }) => subnet.includes(":")),
    internal: request.internal,
    dns,
    dnsServers: checkServers(request.dnsServers, dns),
    labels: request.labels,
    options,
    ipamDriver,
    ...(routes.length === 0 ? {} : { routes }),
  };
  const linked = driver === "bridge" ? await withBridge(ctx, network) : await withParent(ctx, network);
  return { ...linked, subnets: await subnets(ctx, linked, request) };
}

function driverOf({ driver = "bridge" }: NetworkRequest): Driver {
  if (driver === "bridge" || driver === "macvlan" || driver === "ipvlan") return driver;
  throw invalid(`failed to find driver or plugin ${JSON.stringify(driver)}`);
}

function ipamOf(driver: Driver, { ipamDriver, subnets: asked }: NetworkRequest): string {
  const usual = driver === "bridge" || asked.length > 0 ? "host-local" : "dhcp";
  const ipam = ipamDriver ?? usual;
  if (ipam === "none") return ipam;
  if (ipam === "host-local") {
    if (driver === "bridge" || asked.length > 0) return ipam;
    throw invalid(
      `${driver} driver needs at least one subnet specified when the host-local ipam driver is set`,
    );
  }
  if (ipam !== "dhcp") throw invalid(`unsupported ipam driver ${JSON.stringify(ipam)}`);
  if (driver === "ipvlan") throw invalid("ipam driver dhcp is not supported with ipvlan");
  throw new EngineError("NOT_IMPLEMENTED", "ipam driver dhcp is not implemented", {
    hint: "give the network a --subnet, or --ipam-driver none for links without addresses",
  });
}

function checkServers(servers: readonly string[], dns: boolean): readonly string[] {
  if (servers.length > 0 && !dns) {
    throw invalid("cannot set NetworkDNSServers if DNS is not enabled for the network: invalid argument");
  }
  for (const server of servers) {
    if (parseIp(server) === undefined) {
      throw invalid(`unable to parse ip ${server} specified in NetworkDNSServers: invalid argument`);
    }
  }
  return servers;
}

async function withBridge(ctx: NetworkContext, network: NetworkConfig): Promise<NetworkConfig> {
  const name = network.interfaceName;
  if (name === "") return { ...network, interfaceName: await freeBridgeName(ctx, network) };
  if (!NAME.test(name) || name.length > LONGEST_LINK_NAME) {
    throw invalid(
      `bridge name ${name} invalid: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
    );
  }
  const user = ctx.store.networks.list().find((other) => other.interfaceName === name);
  if (user === undefined) return network;
  throw new EngineError("NETWORK_INVALID", `bridge name ${name} already in use`, {
    hint: `network ${user.name} has it`,
  });
}

/** Without a parent it is the host's default route's link, as that is when a container starts. */
async function withParent(ctx: NetworkContext, network: NetworkConfig): Promise<NetworkConfig> {
  if (ctx.settings.uid !== 0) {
    throw new EngineError("NETWORK_INVALID", `an ordinary user cannot make ${network.driver} networks`, {
      hint: "their links share one of the host's, which is root's; the driver bridge works",
    });
  }
  const { links } = await ctx.host();
  if (network.interfaceName === "" || links.hasLink(network.interfaceName)) return network;
  throw invalid(`parent interface ${network.interfaceName} does not exist`);
}

async function subnets(
  ctx: NetworkContext,
  network: NetworkConfig,
  { subnets: wanted, ipv6 }: NetworkRequest,
): Promise<SubnetConfig[]> {
  // The name server listens on the gateway, also where nothing leads out.
  const gateway = !network.internal || network.dns;
  const taken = await rangesInUse(ctx, network);
  const result: SubnetConfig[] = [];
  for (const config of wanted) {
    const checked = checkSubnet(config, gateway);
    const subnet = requireSubnet(checked.subnet);
    if (isTaken(subnet, taken)) {
      throw invalid(`subnet ${checked.subnet} is already used on the host or by another config`);
    }
    taken.push(subnet);
    result.push(checked);
  }
  if (network.driver !== "bridge" || network.ipamDriver !== "host-local") return result;
  const has = (family: 4 | 6): boolean =>
    result.some(({ subnet }) => subnet.includes(":") === (family === 6));
  if (!has(4) && (wanted.length === 0 || ipv6)) result.push(subnetWithGateway(freeSubnet(taken), gateway));
  if (ipv6 && !has(6)) result.push(subnetWithGateway(localSubnet6(network.id), gateway));
  return result;
}

/** A macvlan or ipvlan network is part of one that the host has a route to. */
async function rangesInUse(ctx: NetworkContext, network: NetworkConfig) {
  if (network.driver !== "bridge") return [];
  const { links } = await ctx.host();
  const bridges = ctx.store.networks.list().filter(({ driver }) => driver === "bridge");
  return takenSubnets(bridges, links.routes(), network.interfaceName);
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
