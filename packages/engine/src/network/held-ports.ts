/** Sockets on the published ports, which the monitors of a sandbox keep while it runs (design §5). */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { formatIp, parseIp } from "../base/ip.ts";
import { sleep } from "../base/sleep.ts";
import type { BoundPort, HostEndpoint, HostPorts, PortBag } from "../ports/host-ports.ts";
import type { HeldPorts, HoldRequest } from "../ports/sandbox-network.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import { bagLock } from "./bag-lock.ts";
import type { NetworkContext } from "./context.ts";
import { endpointsOf } from "./host-ports.ts";
import { attachedTo } from "./owners.ts";
import { explainPortInUse } from "./port-owner.ts";

/** Each costs the kernel some 2 KB: longer ranges are guarded by the firewall's reservation alone. */
const MOST_HELD = 1_024;
/** Milliseconds for a sibling's monitor that starts or ends at this moment in another command. */
const PATIENCE = 1_000;
const PAUSE = 5;

export type Endpoints = ReadonlyMap<string, HostEndpoint>;

interface Shared {
  readonly filled: Promise<Filled>;
  users: number;
}

interface Filled {
  readonly bag: PortBag;
  readonly wanted: Endpoints;
}

/** What this process holds, by the sandbox's owner: members that start side by side get the same sockets. */
export class PortHolds {
  readonly #ctx: NetworkContext;
  readonly #held = new Map<string, Shared>();

  constructor(ctx: NetworkContext) {
    this.#ctx = ctx;
  }

  async hold(request: HoldRequest): Promise<HeldPorts> {
    const { owner } = request;
    // A user's are taken by the pasta or the forwarder that listens on them.
    if (this.#ctx.settings.uid !== 0) return NOTHING;
    if (request.ports.length === 0 && request.room === undefined) return NOTHING;
    const shared = this.#held.get(owner) ?? { filled: acquire(this.#ctx, request), users: 0 };
    this.#held.set(owner, shared);
    shared.users += 1;
    try {
      const filled = await shared.filled;
      return {
        descriptors: filled.bag.descriptors,
        [Symbol.asyncDispose]: () => this.#release(request, shared, filled),
      };
    } catch (error) {
      this.#forget(owner, shared);
      throw error;
    }
  }

  async #release(request: HoldRequest, shared: Shared, filled: Filled): Promise<void> {
    const last = this.#forget(request.owner, shared);
    try {
      await followChange(this.#ctx, request, filled);
    } finally {
      if (last) filled.bag[Symbol.dispose]();
    }
  }

  #forget(owner: string, shared: Shared): boolean {
    shared.users -= 1;
    if (shared.users > 0) return false;
    this.#held.delete(owner);
    return true;
  }
}

const NOTHING: HeldPorts = { descriptors: [], [Symbol.asyncDispose]: () => Promise.resolve() };

/** @throws PORT_IN_USE */
async function acquire(ctx: NetworkContext, request: HoldRequest): Promise<Filled> {
  const hostPorts = await ctx.hostPorts();
  const end = performance.now() + PATIENCE;
  for (;;) {
    const { filled, taken } = await attempt(ctx, request, hostPorts);
    if (filled !== undefined) return filled;
    if (performance.now() >= end) throw explainPortInUse(ctx, taken, hostPorts);
    await sleep(PAUSE);
  }
}

type Attempt =
  | { readonly filled: Filled; readonly taken?: undefined }
  | { readonly filled?: undefined; readonly taken: EngineError };

async function attempt(ctx: NetworkContext, request: HoldRequest, hostPorts: HostPorts): Promise<Attempt> {
  using _lock = await ctx.locks.acquire(bagLock(request.owner));
  const wanted = wantedEndpoints(presentPorts(ctx, request));
  const { bags, complete } = monitorBags(hostPorts, request.monitors());
  const [found, ...others] = bags;
  for (const other of others) other[Symbol.dispose]();
  const bag = found ?? hostPorts.openBag();
  const taken = fill(hostPorts, bag, wanted);
  // Where siblings cannot be looked into, what is taken is theirs.
  if (taken === undefined || !complete) return { filled: { bag, wanted } };
  bag[Symbol.dispose]();
  return { taken };
}

/** Ports may have changed between the look at the sandbox and the lock. */
function presentPorts(ctx: NetworkContext, request: HoldRequest): Pick<HoldRequest, "ports" | "interfaces"> {
  const noted = attachedTo(ctx, request.owner);
  return noted.interfaces.length > 0 ? noted : request;
}

/** And between that and the moment that the monitor was noted, which others look for the bag by. */
async function followChange(
  ctx: NetworkContext,
  request: HoldRequest,
  { bag, wanted }: Filled,
): Promise<void> {
  if (sameKeys(wantedEndpoints(presentPorts(ctx, request)), wanted)) return;
  using _lock = await ctx.locks.acquire(bagLock(request.owner));
  const now = wantedEndpoints(presentPorts(ctx, request));
  bag.keep((endpoint) => now.has(keyOf(endpoint)));
  fill(await ctx.hostPorts(), bag, now);
}

function sameKeys(a: Endpoints, b: Endpoints): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

export function wantedEndpoints({ ports, interfaces }: Pick<HoldRequest, "ports" | "interfaces">): Endpoints {
  const families = familiesOf(bareAddresses(interfaces));
  const wanted = new Map<string, HostEndpoint>();
  for (const mapping of ports) {
    for (const endpoint of endpointsOf(mapping, families)) {
      if (wanted.size >= MOST_HELD) return wanted;
      wanted.set(keyOf(endpoint), endpoint);
    }
  }
  return wanted;
}

/** Those that monitors keep, each once; not complete where the host does not let us look. */
export function monitorBags(
  hostPorts: HostPorts,
  monitors: readonly number[],
): { readonly bags: PortBag[]; readonly complete: boolean } {
  const bags = new Map<string, PortBag>();
  for (const pid of monitors) {
    const bag = hostPorts.bagOf(pid);
    if (bag === undefined) return { bags: [...bags.values()], complete: false };
    if (bag === "none") continue;
    if (bags.has(bag.id)) bag[Symbol.dispose]();
    else bags.set(bag.id, bag);
  }
  return { bags: [...bags.values()], complete: true };
}

/** Puts in what is missing. Gives the first that somebody has: then nothing was put in. */
export function fill(hostPorts: HostPorts, bag: PortBag, wanted: Endpoints): EngineError | undefined {
  const present = new Set(bag.contents().map(keyOf));
  const missing = [...wanted].filter(([key]) => !present.has(key)).map(([, endpoint]) => endpoint);
  const bound: BoundPort[] = [];
  try {
    for (const endpoint of missing) {
      const { socket, taken } = bindOrTaken(hostPorts, endpoint);
      if (taken !== undefined) return taken;
      if (socket !== undefined) bound.push(socket);
    }
    if (bound.length > 0) bag.add(bound);
    return undefined;
  } finally {
    for (const socket of bound) socket[Symbol.dispose]();
  }
}

function bindOrTaken(
  hostPorts: HostPorts,
  endpoint: HostEndpoint,
): { readonly socket?: BoundPort; readonly taken?: EngineError } {
  try {
    const socket = hostPorts.bind(endpoint);
    return socket === undefined ? {} : { socket };
  } catch (error) {
    // The host may have lost the address since the port was published.
    if (!isEngineError(error, "PORT_IN_USE", "PORT_INVALID")) throw error;
    return error.code === "PORT_IN_USE" ? { taken: error } : {};
  }
}

export function keyOf({ address, port, protocol }: HostEndpoint): string {
  const ip = parseIp(address);
  return `${protocol} ${ip === undefined ? address : formatIp(ip)} ${port}`;
}

/**
 * Resolves once the ports can be bound again: the last monitor writes its exit record a moment before it lets go.
 * A host process that is quicker than us ends the waiting with the patience.
 */
export async function portsReleased(
  ctx: NetworkContext,
  { ports, interfaces }: Pick<HoldRequest, "ports" | "interfaces">,
): Promise<void> {
  if (ports.length === 0) return;
  const hostPorts = await ctx.hostPorts();
  const wanted = wantedEndpoints({ ports, interfaces });
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    if (allFree(hostPorts, wanted)) return;
    await sleep(PAUSE);
  }
}

function allFree(hostPorts: HostPorts, wanted: Endpoints): boolean {
  for (const endpoint of wanted.values()) {
    const { socket, taken } = bindOrTaken(hostPorts, endpoint);
    socket?.[Symbol.dispose]();
    if (taken !== undefined) return false;
  }
  return true;
}
