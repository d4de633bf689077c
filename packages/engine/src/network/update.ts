/** `network update`: the name servers that a network's own asks. */
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseIp } from "../base/ip.ts";
import type { NetworkContext } from "./context.ts";
import { findNetwork } from "./default-network.ts";
import { refreshZone } from "./names.ts";

/** @throws NETWORK_NOT_FOUND, NETWORK_INVALID */
export async function updateNetwork(
  ctx: NetworkContext,
  nameOrId: string,
  { addDns, dropDns }: { readonly addDns: readonly string[]; readonly dropDns: readonly string[] },
): Promise<NetworkConfig> {
  checkServers("AddDNSServer", addDns);
  checkServers("RemoveDNSServer", dropDns);
  const { id } = await findNetwork(ctx, nameOrId);
  using _lock = await ctx.locks.acquire(`network-${id}`);
  const network = ctx.store.networks.find(id);
  const kept = network.dnsServers.filter((server) => !dropDns.includes(server));
  const changed = { ...network, dnsServers: [...new Set([...kept, ...addDns])] };
  if (changed.dnsServers.length > 0 && !network.dns) {
    throw invalid("cannot set NetworkDNSServers if DNS is not enabled for the network: invalid argument");
  }
  ctx.store.networks.update(changed);
  await refreshZone(ctx, changed);
  return changed;
}

function checkServers(where: string, servers: readonly string[]): void {
  for (const server of servers) {
    if (parseIp(server) === undefined) {
      throw invalid(`unable to parse ip ${server} specified in ${where}: invalid argument`);
    }
  }
}

function invalid(message: string): EngineError {
  return new EngineError("NETWORK_INVALID", message);
}
