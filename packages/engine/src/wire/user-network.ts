/** The network host of an ordinary user: links and firewall are in the user's own network namespace, ports on the host's. */
import { UserFirewall } from "../host/user-network/user-firewall.ts";
import { UserLinks } from "../host/user-network/user-links.ts";
import { UserNetwork } from "../host/user-network/user-network.ts";
import { UserPorts } from "../host/user-network/user-ports.ts";
import { NetlinkLinks } from "../host/netlink/netlink-links.ts";
import { PinnedNamespaces } from "../host/namespaces/pinned-namespaces.ts";
import type { NetworkHost } from "../network/context.ts";
import type { NameServer } from "../ports/name-server.ts";
import type { Core } from "./core.ts";
import { nameServer, namesPlace, type Ways } from "./networks.ts";

export interface UserNetworkParts {
  host(): Promise<NetworkHost>;
  names(): Promise<NameServer>;
}

export async function openUserNetwork(core: Core, ways: Ways): Promise<UserNetworkParts> {
  const { settings, locks, ready, log } = core;
  await ready();
  const directory = `${settings.runRoot}/user-network`;
  const ports = new UserPorts({
    directory,
    netnsPath: `${directory}/net`,
    locks,
    forwarder: ways.openForwarder,
    hostPorts: ways.hostPorts,
    warn: (without) => {
      if (without.length === 0) return;
      log.warn(
        `clients of published ${without.join(" and ")} ports are seen with the address of a bridge: nft is missing or refuses`,
      );
    },
  });
  const network = await UserNetwork.find({
    directory,
    storeId: settings.storeId,
    names: namesPlace(settings),
    locks,
    namespaces: new PinnedNamespaces(),
    pasta: ways.openPasta,
    ending: () => ports.stop(),
  });
  return {
    host: async () => ({
      links: new UserLinks(network, new NetlinkLinks()),
      firewall: new UserFirewall(network, ports),
      hostPorts: await ways.hostPorts(),
      netnsPath: network.path,
      raise: () => network.raise(),
      lower: (isUsed) => network.lower(isUsed),
    }),
    names: async () => {
      const [{ UserNames }, files, { nameServer: upstream }] = await Promise.all([
        import("../host/user-network/user-names.ts"),
        nameServer(core),
        ways.openPasta(),
      ]);
      return new UserNames(network, files, upstream);
    },
  };
}
