/** Who is known by which names: keeps the name server's zones as the sandboxes come and go. */
import type { InterfaceStatus } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { NameEntry, NameServer, NameZone } from "../ports/name-server.ts";
import type { SandboxNames } from "../ports/sandbox-network.ts";
import { bareAddresses } from "./addresses.ts";
import type { NetworkContext } from "./context.ts";

const LOCK = "names";
const PORT = 53;

export interface Named {
  readonly network: NetworkConfig;
  readonly status: InterfaceStatus;
  readonly aliases: readonly string[];
}

export interface NameRequest {
  readonly owner: string;
  /** In every network. */
  readonly names: readonly string[];
  /** Name servers of the sandbox's own; [] for the network's. */
  readonly servers: readonly string[];
}

/** Where containers of this network find its name server; [] for one without. */
export function nameServersOf(network: NetworkConfig): string[] {
  if (!network.dns) return [];
  return network.subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway]));
}

/** Resolves once the names resolve. Without a server on this host it is but told. @throws NETWORK_SETUP_FAILED */
export async function announceNames(
  ctx: NetworkContext,
  joined: readonly Named[],
  request: () => NameRequest,
): Promise<void> {
  const served = joined.filter(({ network }) => nameServersOf(network).length > 0);
  if (served.length === 0) return;
  const server = await ctx.names();
  if (!server.installed) {
    const where = served.map(({ network }) => network.name).join(", ");
    ctx.log.warn(`aardvark-dns not found: names are not resolved on ${where}`);
    return;
  }
  const { owner, names, servers } = request();
  for (const { network } of served) {
    if (server.zone(network.id) === undefined) await requireFree(ctx, network);
  }
  using _lock = await ctx.locks.acquire(LOCK);
  const zones: NameZone[] = [];
  for (const { network, status, aliases } of served) {
    const zone = zoneOf(ctx, server, network);
    const all = [...new Set([...names, ...aliases].map((name) => name.toLowerCase()))];
    const entry: NameEntry = { owner, addresses: bareAddresses([status]), names: all, servers };
    zones.push({ ...zone, entries: [...zone.entries.filter((e) => e.owner !== owner), entry] });
  }
  await server.serve(zones);
}

/** As it is served, without those whose command was killed before it could take them out. */
function zoneOf(ctx: NetworkContext, server: NameServer, network: NetworkConfig): NameZone {
  const { id, internal, dnsServers } = network;
  const present = server.zone(id);
  const owners = new Set(ctx.store.networks.leases({ network: network.name }).map((lease) => lease.owner));
  const entries = present?.entries.filter(({ owner }) => owners.has(owner)) ?? [];
  return { id, listen: nameServersOf(network), servers: dnsServers, internal, entries };
}

/** Said at once and by name: a name server of the host's own that listens everywhere keeps ours from it. */
async function requireFree(ctx: NetworkContext, network: NetworkConfig): Promise<void> {
  // An ordinary user's gateways are in a namespace where nobody else listens.
  if (ctx.settings.uid !== 0) return;
  const hostPorts = await ctx.hostPorts();
  for (const address of nameServersOf(network)) {
    const endpoint = { address, port: PORT, protocol: "udp" } as const;
    try {
      hostPorts.bind(endpoint)?.[Symbol.dispose]();
    } catch (cause) {
      if (!isEngineError(cause, "PORT_IN_USE")) throw cause;
      const holder = hostPorts.holder(endpoint);
      // Ours, which a removed directory made forget: the server's adapter replaces it.
      if (holder?.name.startsWith("aardvark-dns") === true) continue;
      const who = holder === undefined ? "another process" : `${holder.name} (process ${holder.pid})`;
      throw new EngineError(
        "NETWORK_SETUP_FAILED",
        `cannot serve names on network ${network.name}: ${address}:53 is in use by ${who}`,
        {
          cause,
          hint: "let that server listen on addresses of its own, or create the network with --disable-dns",
        },
      );
    }
  }
}

/** Idempotent, and no hindrance to a removal: what a broken server still says is told and left. */
export async function withdrawNames(
  ctx: NetworkContext,
  owner: string,
  networks: readonly NetworkConfig[],
): Promise<void> {
  // Nobody waits for a name to be gone.
  const edit = (zone: NameZone): NameZone => ({
    ...zone,
    entries: zone.entries.filter((entry) => entry.owner !== owner),
  });
  if (await changeZones(ctx, networks, { edit, when: "soon" })) return;
  await tellAgain(ctx, networks);
  await sweepTraces(ctx, networks);
}

/**
 * A command that was killed between its file and its signal has left the server with the text before: the server is
 * asked which one it has, and told.
 */
async function tellAgain(ctx: NetworkContext, networks: readonly NetworkConfig[]): Promise<void> {
  const named = networks.filter((network) => network.dns);
  if (named.length === 0) return;
  const server = await ctx.names();
  if (!named.some(({ id }) => server.zone(id) !== undefined)) return;
  using _lock = await ctx.locks.acquire(LOCK);
  await serveOrWarn(ctx, named, { zones: named.flatMap(({ id }) => server.zone(id) ?? []), when: "soon" });
}

/**
 * A command that was killed between its first file and its zone has left what no zone leads to. Whoever holds the
 * lock is at work on one, and sweeps itself.
 */
async function sweepTraces(ctx: NetworkContext, networks: readonly NetworkConfig[]): Promise<void> {
  if (!networks.some((network) => network.dns)) return;
  const server = await ctx.names();
  if (server.serves) return;
  using lock = ctx.locks.tryAcquire(LOCK);
  if (lock === undefined || server.serves) return;
  await server.stop();
  ctx.locks.forget(LOCK);
}

/** More names for a sandbox that is up: a member of its pod. Nothing happens where it has them already. */
export async function addNames(
  ctx: NetworkContext,
  { owner, names }: SandboxNames,
  networks: readonly NetworkConfig[],
): Promise<void> {
  const more = names.map((name) => name.toLowerCase());
  await changeNames(ctx, owner, { networks, edit: (present) => [...new Set([...present, ...more])] });
}

export async function dropNames(
  ctx: NetworkContext,
  { owner, names }: SandboxNames,
  networks: readonly NetworkConfig[],
): Promise<void> {
  const gone = new Set(names.map((name) => name.toLowerCase()));
  await changeNames(ctx, owner, { networks, edit: (present) => present.filter((name) => !gone.has(name)) });
}

async function changeNames(
  ctx: NetworkContext,
  owner: string,
  change: {
    readonly networks: readonly NetworkConfig[];
    readonly edit: (names: readonly string[]) => readonly string[];
  },
): Promise<void> {
  const edit = (zone: NameZone): NameZone => ({
    ...zone,
    entries: zone.entries.map((entry) =>
      entry.owner === owner ? { ...entry, names: change.edit(entry.names) } : entry,
    ),
  });
  await changeZones(ctx, change.networks, { edit });
}

/** All of them, for good. */
export async function stopNames(ctx: NetworkContext): Promise<void> {
  const server = await ctx.names();
  using _lock = await ctx.locks.acquire(LOCK);
  await server.stop();
  ctx.locks.forget(LOCK);
}

/** The network's own servers, once they have changed. */
export async function refreshZone(ctx: NetworkContext, network: NetworkConfig): Promise<void> {
  await changeZones(ctx, [network], { edit: (zone) => ({ ...zone, servers: network.dnsServers }) });
}

/**
 * Zones that are served; others are left alone. A look without the lock comes first: most have nothing to change.
 * False when there was nothing to change.
 */
async function changeZones(
  ctx: NetworkContext,
  networks: readonly NetworkConfig[],
  { edit, when }: { readonly edit: (zone: NameZone) => NameZone; readonly when?: "soon" },
): Promise<boolean> {
  const named = networks.filter((network) => network.dns);
  if (named.length === 0) return false;
  const server = await ctx.names();
  const changed = (): NameZone[] =>
    named.flatMap(({ id }) => {
      const zone = server.zone(id);
      if (zone === undefined) return [];
      const after = edit(zone);
      return JSON.stringify(after) === JSON.stringify(zone) ? [] : [after];
    });
  if (changed().length === 0) return false;
  using _lock = await ctx.locks.acquire(LOCK);
  const zones = changed();
  if (zones.length === 0) return false;
  await serveOrWarn(ctx, named, { zones, when });
  return true;
}

/** Call with the lock held. */
async function serveOrWarn(
  ctx: NetworkContext,
  networks: readonly NetworkConfig[],
  { zones, when }: { readonly zones: readonly NameZone[]; readonly when: "soon" | undefined },
): Promise<void> {
  try {
    const server = await ctx.names();
    if (!(await server.serve(zones, when))) ctx.locks.forget(LOCK);
  } catch (error) {
    if (!isEngineError(error, "NETWORK_SETUP_FAILED", "HOST_PART_MISSING")) throw error;
    ctx.log.warn(`names of ${networks.map(({ name }) => name).join(", ")}: ${error.message}`);
  }
}
