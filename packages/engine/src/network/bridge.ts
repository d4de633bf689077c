/** Brings a network up on the host: its bridge, and its place in the firewall. */
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { FirewallNetwork } from "../ports/firewall.ts";
import { bridgeAlias, type NetworkContext } from "./context.ts";
import { freeBridgeName, placeDefaultNetwork } from "./default-network.ts";
import { stopNames } from "./names.ts";
import { isTaken, requireSubnet, takenSubnets, withPrefix } from "./subnets.ts";

/** Cheap when it is up. Gives the network as it is then: bridge name and default range may have had to move. */
export async function raiseNetwork(ctx: NetworkContext, network: NetworkConfig): Promise<NetworkConfig> {
  const settled = await settleNetwork(ctx, network);
  await settled.complete();
  return settled.network;
}

export interface SettledNetwork {
  /** Its bridge and its ranges do not move any more. */
  readonly network: NetworkConfig;
  /** All that links need of it is in place, whatever was taken away behind our back. */
  readonly complete: () => Promise<void>;
}

/** As raiseNetwork, in two parts: of one that is up the second, which takes longer, need not be waited for at once. */
export async function settleNetwork(ctx: NetworkContext, network: NetworkConfig): Promise<SettledNetwork> {
  // Other drivers stand on a link of the host's own.
  if (network.driver !== "bridge") return { network, complete: () => Promise.resolve() };
  const { links } = await ctx.host();
  if (links.aliasOf(network.interfaceName) === bridgeAlias(ctx, network)) {
    return { network, complete: () => ensure(ctx, network) };
  }
  return { network: await raise(ctx, network), complete: () => Promise.resolve() };
}

async function raise(ctx: NetworkContext, network: NetworkConfig): Promise<NetworkConfig> {
  // Two first commands of this store must not each take a bridge; other stores are told apart by the alias.
  using _lock = await ctx.locks.acquire(`network-${network.id}`);
  const present = ctx.store.networks.find(network.id);
  const placed = await place(ctx, present);
  if (placed !== present) ctx.store.networks.update(placed);
  await ensure(ctx, placed);
  await warnIfBlocked(ctx);
  return placed;
}

async function ensure(ctx: NetworkContext, network: NetworkConfig): Promise<void> {
  const { links, firewall } = await ctx.host();
  const mtu = mtuOf(network);
  links.ensureBridge({
    name: network.interfaceName,
    alias: bridgeAlias(ctx, network),
    addresses: network.subnets.flatMap((subnet) =>
      subnet.gateway === undefined ? [] : [withPrefix(subnet.gateway, subnet)],
    ),
    ...(mtu === undefined ? {} : { mtu }),
  });
  await firewall.ensureNetwork(firewallNetwork(network));
}

/** Where the name or the range has been taken meanwhile: moves what we chose, refuses what the user chose. */
async function place(ctx: NetworkContext, network: NetworkConfig): Promise<NetworkConfig> {
  const { links } = await ctx.host();
  const alias = links.aliasOf(network.interfaceName);
  if (alias === bridgeAlias(ctx, network)) return network;
  const taken = takenSubnets([], links.routes(), network.interfaceName);
  const clash = network.subnets.find(({ subnet }) => isTaken(requireSubnet(subnet), narrowed(taken)));
  if (alias === undefined && clash === undefined) return network;
  if (network.name === ctx.settings.config.defaultNetwork) return placeDefaultNetwork(ctx, network);
  if (clash !== undefined) {
    throw new EngineError(
      "NETWORK_SETUP_FAILED",
      `cannot set up network ${network.name}: subnet ${clash.subnet} is already used on the host`,
    );
  }
  if (!/^pw\d+$/.test(network.interfaceName)) {
    throw new EngineError(
      "NETWORK_SETUP_FAILED",
      `cannot set up network ${network.name}: link ${network.interfaceName} is there and is not ours`,
    );
  }
  return { ...network, interfaceName: await freeBridgeName(ctx, network) };
}

/** A route through a VPN that covers all of 10.0.0.0/8 was no reason against the range at first. */
function narrowed<T extends { readonly prefix: number }>(taken: readonly T[]): T[] {
  return taken.filter((subnet) => subnet.prefix > 8);
}

async function warnIfBlocked(ctx: NetworkContext): Promise<void> {
  const { firewall } = await ctx.host();
  const chain = await firewall.forwardBlockedBy();
  if (chain === undefined) return;
  ctx.log.warn(
    `another firewall drops forwarded packets (${chain}, policy drop): containers may not reach the outside; let it accept packets from and to the interfaces pw*`,
  );
}

export function firewallNetwork(network: NetworkConfig): FirewallNetwork {
  const isolate = network.options["isolate"];
  return {
    bridge: network.interfaceName,
    subnets: network.subnets.map(({ subnet }) => subnet),
    internal: network.internal,
    isolate: isolate === "strict" ? "strict" : isolate === "true" || isolate === "1" ? "on" : "off",
  };
}

export function mtuOf(network: NetworkConfig): number | undefined {
  const text = network.options["mtu"];
  return text === undefined || text === "0" ? undefined : Number(text);
}

/** Takes bridge and firewall entries away, if they are this network's. */
export async function lowerNetwork(ctx: NetworkContext, network: NetworkConfig): Promise<void> {
  if (network.driver !== "bridge") return;
  const { links, firewall } = await ctx.host();
  if (links.aliasOf(network.interfaceName) !== bridgeAlias(ctx, network)) return;
  await firewall.removeNetwork(firewallNetwork(network));
  links.removeLink(network.interfaceName);
}

/** `system reset`: nothing of this store's networks stays on the host. */
export async function lowerAllNetworks(ctx: NetworkContext): Promise<void> {
  const { links, firewall } = await ctx.host();
  await stopNames(ctx);
  for (const network of ctx.store.networks.list()) {
    if (links.aliasOf(network.interfaceName) !== bridgeAlias(ctx, network)) continue;
    links.removeLink(network.interfaceName);
  }
  await firewall.destroy();
}
