/** The default network: there without being created, on a range that nothing else on this host uses. */
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { attachedName, bridgeAlias, type NetworkContext } from "./context.ts";
import { freeSubnet, isTaken, requireSubnet, subnetWithGateway, takenSubnets } from "./subnets.ts";

/** By name or id; the default network is made when it is asked for. @throws NETWORK_NOT_FOUND, NETWORK_INVALID */
export async function findNetwork(ctx: NetworkContext, nameOrId: string): Promise<NetworkConfig> {
  const name = attachedName(ctx, nameOrId);
  const known = ctx.store.networks.get(name);
  if (known !== undefined) return known;
  if (name === ctx.settings.config.defaultNetwork) return addDefaultNetwork(ctx);
  return ctx.store.networks.find(name);
}

/** All networks, the default one among them. */
export async function listNetworks(ctx: NetworkContext): Promise<NetworkConfig[]> {
  await findNetwork(ctx, "");
  return ctx.store.networks.list();
}

async function addDefaultNetwork(ctx: NetworkContext): Promise<NetworkConfig> {
  const id = ctx.ids.id();
  const network: NetworkConfig = {
    name: ctx.settings.config.defaultNetwork,
    id,
    driver: "bridge",
    interfaceName: "",
    created: ctx.clock.now(),
    subnets: [],
    ipv6: false,
    internal: false,
    dns: false,
    dnsServers: [],
    labels: {},
    options: {},
    ipamDriver: "host-local",
  };
  const placed = await placeDefaultNetwork(ctx, network);
  try {
    ctx.store.networks.add(placed);
    return placed;
  } catch (error) {
    // Another first command was quicker.
    if (!isEngineError(error, "NETWORK_NAME_IN_USE")) throw error;
    return ctx.store.networks.find(placed.name);
  }
}

/** Bridge name and range as the host is now: after a reboot another engine may have been quicker. */
export async function placeDefaultNetwork(
  ctx: NetworkContext,
  network: NetworkConfig,
): Promise<NetworkConfig> {
  const { links } = await ctx.host();
  const interfaceName = await freeBridgeName(ctx, network);
  const others = ctx.store.networks.list().filter((other) => other.name !== network.name);
  const taken = takenSubnets(others, links.routes(), interfaceName);
  const wanted = requireSubnet(ctx.settings.config.defaultSubnet);
  const subnet = isTaken(wanted, taken) ? freeSubnet(taken) : wanted;
  return { ...network, interfaceName, subnets: [subnetWithGateway(subnet, true)] };
}

/** `pw0`, or the next that neither the host nor a network of this store has. */
export async function freeBridgeName(ctx: NetworkContext, network: NetworkConfig): Promise<string> {
  const { links } = await ctx.host();
  const others = ctx.store.networks.list().filter((other) => other.name !== network.name);
  const reserved = new Set(others.map((other) => other.interfaceName));
  // pw0 is the default network's where it can be.
  const start = network.name === ctx.settings.config.defaultNetwork ? 0 : 1;
  for (let number = start; ; number++) {
    const name = `pw${number}`;
    if (reserved.has(name)) continue;
    const alias = links.aliasOf(name);
    if (alias === undefined || alias === bridgeAlias(ctx, network)) return name;
  }
}
