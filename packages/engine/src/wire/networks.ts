/** NetworksApi wired, and the network domain as pods and containers use it. */
import type { NetworksApi } from "@podwright/spec/engine-api/networks";
import { NetlinkLinks } from "../host/netlink/netlink-links.ts";
import { NftFirewall } from "../host/nft/nft-firewall.ts";
import { BoundPorts } from "../host/port-sockets/bound-ports.ts";
import type { NetworkContext } from "../network/context.ts";
import { networksApi } from "../network/networks-api.ts";
import { sandboxNetwork } from "../network/sandbox-network.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";
import { type Core, once } from "./core.ts";
import type { Wiring } from "./wiring.ts";

export async function wireNetworks(core: Core, wiring: Wiring): Promise<NetworksApi> {
  await core.ready();
  return networksApi(networkContext(core, wiring));
}

export function wireSandboxNetwork(core: Core, wiring: Wiring): SandboxNetwork {
  return sandboxNetwork(networkContext(core, wiring));
}

export function networkContext(core: Core, wiring: Wiring): NetworkContext {
  const { settings, store, locks, ids, clock, log } = core;
  return {
    settings,
    store,
    locks,
    ids,
    clock,
    log,
    host: once(async () => ({
      links: new NetlinkLinks(),
      firewall: new NftFirewall(settings.storeId),
      hostPorts: new BoundPorts(),
    })),
    removeOwners: async ({ pods, containers }, timeout) => {
      const options = { force: true, ignore: true, ...(timeout === undefined ? {} : { timeout }) };
      const removedPods = await (await wiring.pods()).remove({ names: pods, all: false }, options);
      const removed = await (await wiring.containers()).remove(
        { names: containers, all: false },
        { ...options, volumes: true, depend: true },
      );
      return [...removedPods, ...removed];
    },
  };
}
