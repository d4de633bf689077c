/** A sandbox's /etc/resolv.conf by the host's, the configuration and the networks that it is on. */
import type { DnsOptions, InterfaceStatus } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { readIfThere } from "../base/if-there.ts";
import type { NetworkContext } from "./context.ts";
import { nameServersOf } from "./names.ts";
import { onlyLoopbackServers, resolvConf } from "./resolv-conf.ts";

/** Where systemd-resolved keeps the servers that its stub at 127.0.0.53 asks. */
const RESOLVED_SERVERS = "/run/systemd/resolve/resolv.conf";

export async function sandboxResolvConf(
  ctx: NetworkContext,
  dns: DnsOptions,
  interfaces: readonly InterfaceStatus[],
): Promise<string> {
  const { dnsServers, dnsSearches, dnsOptions } = ctx.settings.config;
  const ownNetwork = interfaces.length > 0;
  const host = readIfThere("/etc/resolv.conf") ?? "";
  const real = ownNetwork && onlyLoopbackServers(host) ? readIfThere(RESOLVED_SERVERS) : undefined;
  return resolvConf({
    dns,
    defaults: { servers: dnsServers, search: dnsSearches, options: dnsOptions },
    host: `${await forwarder(ctx, interfaces)}${real ?? host}`,
    ownNetwork,
    networkServers: await nameServers(ctx, interfaces),
  });
}

/** An ordinary user's way out is a pasta: it asks the host's servers, of which those on its loopback cannot be reached otherwise. */
async function forwarder(ctx: NetworkContext, interfaces: readonly InterfaceStatus[]): Promise<string> {
  return ctx.settings.uid !== 0 && interfaces.length > 0
    ? `nameserver ${(await ctx.pasta()).nameServer}\n`
    : "";
}

async function nameServers(ctx: NetworkContext, interfaces: readonly InterfaceStatus[]): Promise<string[]> {
  const servers = networksOf(ctx, interfaces).flatMap(nameServersOf);
  return servers.length > 0 && (await ctx.names()).installed ? servers : [];
}

export function networksOf(ctx: NetworkContext, interfaces: readonly InterfaceStatus[]): NetworkConfig[] {
  return interfaces.flatMap(({ network }) => ctx.store.networks.get(network) ?? []);
}
