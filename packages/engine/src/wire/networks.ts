/** NetworksApi wired, and the network domain as pods and containers use it. */
import { once } from "../base/once.ts";
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { NetworksApi } from "@podwright/spec/engine-api/networks";
import { PinnedNamespaces } from "../host/namespaces/pinned-namespaces.ts";
import type { NamesPlace } from "../host/user-network/protocol.ts";
import type { NetworkContext, NetworkHost, NetworkOwners } from "../network/context.ts";
import type { NameServer } from "../ports/name-server.ts";
import type { Forwarder } from "../ports/forwarder.ts";
import type { Pasta } from "../ports/pasta.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";

export async function wireNetworks(core: Core, wiring: Wiring): Promise<NetworksApi> {
  const { networksApi } = await import("../network/networks-api.ts");
  return networksApi(networkContext(core, wiring));
}

export async function wireSandboxNetwork(core: Core, wiring: Wiring): Promise<SandboxNetwork> {
  const { sandboxNetwork } = await import("../network/sandbox-network.ts");
  return sandboxNetwork(networkContext(core, wiring));
}

export function networkContext(core: Core, wiring: Wiring): NetworkContext {
  const { settings, store, locks, ids, clock, events, log } = core;
  const openPasta = once(() => pasta(core));
  const hostPorts = once(async () => new (await import("../host/port-sockets/bound-ports.ts")).BoundPorts());
  const openForwarder = once(() => forwarder(core));
  const ways: Ways = { openPasta, openForwarder, hostPorts };
  const user =
    settings.uid === 0
      ? undefined
      : once(async () => (await import("./user-network.ts")).openUserNetwork(core, ways));
  return {
    settings,
    store,
    locks,
    ids,
    clock,
    events,
    log,
    hostPorts,
    host: once(async () => (user === undefined ? networkHost(core, hostPorts) : (await user()).host())),
    pasta: openPasta,
    forwarder: openForwarder,
    names: once(async () => (user === undefined ? nameServer(core) : (await user()).names())),
    netnsPath: (owner) => netnsPath(settings.runRoot, owner),
    removeOwners: (owners, timeout) => removeOwners(wiring, owners, timeout),
  };
}

async function networkHost(
  { settings, ready }: Core,
  hostPorts: NetworkContext["hostPorts"],
): Promise<NetworkHost> {
  await ready();
  const [{ NetlinkLinks }, { NftFirewall }] = await Promise.all([
    import("../host/netlink/netlink-links.ts"),
    import("../host/nft/nft-firewall.ts"),
  ]);
  return {
    links: new NetlinkLinks(),
    firewall: new NftFirewall(settings.storeId),
    hostPorts: await hostPorts(),
    netnsPath: "",
    raise: () => Promise.resolve(NOTHING),
    lower: () => Promise.resolve(),
  };
}

const NOTHING: Disposable = { [Symbol.dispose]: () => undefined };

/** What an ordinary user's networks are made of, each loaded when it is first asked for. */
export interface Ways {
  readonly openPasta: NetworkContext["pasta"];
  readonly openForwarder: NetworkContext["forwarder"];
  readonly hostPorts: NetworkContext["hostPorts"];
}

export function namesPlace({ runRoot, config }: Core["settings"]): NamesPlace {
  return {
    directory: `${runRoot}/names`,
    candidates: config.helperBinariesDir.map((directory) => `${directory}/aardvark-dns`),
  };
}

async function pasta({ settings, processes }: Core): Promise<Pasta> {
  const { PastaProcess } = await import("../host/pasta/pasta-process.ts");
  const directories = [...settings.config.helperBinariesDir, "/usr/bin", "/usr/local/bin"];
  return new PastaProcess(
    processes,
    directories.map((directory) => `${directory}/pasta`),
    `${settings.runRoot}/pasta-options`,
  );
}

async function forwarder({ settings, processes }: Core): Promise<Forwarder> {
  const { ForwarderProcess } = await import("../host/forwarder/forwarder-process.ts");
  return new ForwarderProcess(processes, settings.self.slice(0, 1));
}

export async function nameServer({ settings, processes, ready }: Core): Promise<NameServer> {
  await ready();
  const { AardvarkNames } = await import("../host/aardvark/aardvark-names.ts");
  return new AardvarkNames({
    ...namesPlace(settings),
    storeId: settings.storeId,
    processes,
  });
}

function netnsPath(runRoot: string, owner: string): string {
  const directory = `${runRoot}/sandboxes/${owner}`;
  return new PinnedNamespaces().isPinned(directory, "net") ? `${directory}/net` : "";
}

async function removeOwners(
  wiring: Wiring,
  { pods, containers }: NetworkOwners,
  timeout: number | undefined,
): Promise<Outcome[]> {
  const wait = timeout === undefined ? {} : { timeout };
  const outcomes: Outcome[] = [];
  if (pods.length > 0) {
    const options = { force: true, ignore: true, ...wait };
    outcomes.push(...(await (await wiring.pods()).remove({ names: pods, all: false }, options)));
  }
  if (containers.length > 0) {
    const options = { force: true, ignore: true, volumes: true, depend: true, ...wait };
    outcomes.push(...(await (await wiring.containers()).remove({ names: containers, all: false }, options)));
  }
  return outcomes;
}
