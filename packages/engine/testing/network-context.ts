/** A network domain on the real kernel and a real store, for tests inside namespaces of their own. */
import { RecordedEvents } from "./quiet.ts";
import { createLog } from "../src/base/log.ts";
import { resolveSettings } from "../src/config/settings.ts";
import { AardvarkNames } from "../src/host/aardvark/aardvark-names.ts";
import { RandomIds } from "../src/host/ids/random-ids.ts";
import { FlockLocks } from "../src/host/lock/flock-locks.ts";
import { ForwarderProcess } from "../src/host/forwarder/forwarder-process.ts";
import { PastaProcess } from "../src/host/pasta/pasta-process.ts";
import { PinnedNamespaces } from "../src/host/namespaces/pinned-namespaces.ts";
import { NetlinkLinks } from "../src/host/netlink/netlink-links.ts";
import { NftFirewall } from "../src/host/nft/nft-firewall.ts";
import { BoundPorts } from "../src/host/port-sockets/bound-ports.ts";
import { ProcProcesses } from "../src/host/process/processes.ts";
import type { NetworkContext, NetworkHost } from "../src/network/context.ts";
import { SqliteStore } from "../src/state/sqlite-store.ts";

/** `directory` becomes the store; another one is another store on the same host. */
export function kernelNetworkContext(
  directory: string,
): NetworkContext & { readonly warnings: string[]; readonly processesAlive: (pid: number) => boolean } {
  const settings = resolveSettings({
    root: `${directory}/root`,
    runRoot: `${directory}/run`,
    env: { CONTAINERS_CONF: "/nonexistent" },
    uid: 0,
    program: ["podwright"],
  });
  const warnings: string[] = [];
  const parts: NetworkHost = {
    links: new NetlinkLinks(),
    firewall: new NftFirewall(settings.storeId),
    hostPorts: new BoundPorts(),
    netnsPath: "",
    raise: () => Promise.resolve({ [Symbol.dispose]: () => undefined }),
    lower: () => Promise.resolve(),
  };
  const processes = new ProcProcesses();
  const names = new AardvarkNames({
    directory: `${settings.runRoot}/names`,
    candidates: settings.config.helperBinariesDir.map((path) => `${path}/aardvark-dns`),
    storeId: settings.storeId,
    processes,
  });
  return {
    settings,
    store: SqliteStore.open(settings.root),
    locks: new FlockLocks(`${settings.runRoot}/locks`),
    ids: new RandomIds(),
    clock: { now: () => Date.now() },
    events: new RecordedEvents(),
    log: createLog("warn", (line) => void warnings.push(line)),
    warnings,
    processesAlive: (pid) => processes.identify(pid) !== undefined,
    host: async () => parts,
    hostPorts: async () => parts.hostPorts,
    pasta: async () => new PastaProcess(processes, ["/usr/bin/pasta"], `${settings.runRoot}/pasta`),
    forwarder: async () =>
      new ForwarderProcess(processes, [process.execPath, `${import.meta.dir}/internal-main.ts`]),
    names: async () => names,
    netnsPath: (owner) => {
      const pins = `${directory}/pins/${owner}`;
      return new PinnedNamespaces().isPinned(pins, "net") ? `${pins}/net` : "";
    },
    removeOwners: async () => [],
  };
}
