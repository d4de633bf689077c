/** Sockets on the published ports, which the monitors of a sandbox keep while it runs (design §5). */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { formatIp, parseIp } from "../base/ip.ts";
import { sleep } from "../base/sleep.ts";
import type { BoundPort, HostEndpoint, HostPorts } from "../ports/host-ports.ts";
import type { HeldPorts, HoldRequest } from "../ports/sandbox-network.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import type { NetworkContext } from "./context.ts";
import { endpointsOf } from "./host-ports.ts";
import { explainPortInUse } from "./port-owner.ts";

/** Descriptors are few (often 1,024 a process): longer ranges are guarded by the firewall's reservation alone. */
const MOST_HELD = 256;
/** Milliseconds for a sibling's monitor that starts or ends at this moment in another command. */
const PATIENCE = 1_000;
const PAUSE = 5;

interface Shared {
  readonly sockets: Promise<readonly BoundPort[]>;
  users: number;
}

/** What this process holds, by the sandbox's owner: members that start side by side get the same sockets. */
export class PortHolds {
  readonly #ctx: NetworkContext;
  readonly #held = new Map<string, Shared>();

  constructor(ctx: NetworkContext) {
    this.#ctx = ctx;
  }

  async hold(request: HoldRequest): Promise<HeldPorts> {
    if (request.ports.length === 0) return { descriptors: [], [Symbol.dispose]: () => undefined };
    const { owner } = request;
    const shared = this.#held.get(owner) ?? { sockets: acquire(this.#ctx, request), users: 0 };
    this.#held.set(owner, shared);
    shared.users += 1;
    try {
      const sockets = await shared.sockets;
      return {
        descriptors: sockets.map(({ fd }) => fd),
        [Symbol.dispose]: () => this.#release(owner, shared, sockets),
      };
    } catch (error) {
      this.#release(owner, shared, []);
      throw error;
    }
  }

  #release(owner: string, shared: Shared, sockets: readonly BoundPort[]): void {
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#held.delete(owner);
    for (const socket of sockets) socket[Symbol.dispose]();
  }
}

/** @throws PORT_IN_USE */
async function acquire(ctx: NetworkContext, request: HoldRequest): Promise<BoundPort[]> {
  const hostPorts = await ctx.hostPorts();
  const wanted = wantedEndpoints(request);
  const held = new Map<string, BoundPort>();
  const end = performance.now() + PATIENCE;
  for (;;) {
    const complete = copySiblings(hostPorts, request.monitors(), { wanted, held });
    const taken = bindMissing(hostPorts, wanted, held);
    // Where siblings cannot be looked into, what is taken is theirs.
    if (taken === undefined || !complete) return [...held.values()];
    if (performance.now() < end) await sleep(PAUSE);
    else {
      for (const socket of held.values()) socket[Symbol.dispose]();
      throw explainPortInUse(ctx, taken, hostPorts);
    }
  }
}

function wantedEndpoints({ ports, interfaces }: HoldRequest): Map<string, HostEndpoint> {
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

interface Progress {
  readonly wanted: ReadonlyMap<string, HostEndpoint>;
  readonly held: Map<string, BoundPort>;
}

/** Shares the sockets that siblings' monitors hold; false where the host does not let us. */
function copySiblings(hostPorts: HostPorts, monitors: readonly number[], progress: Progress): boolean {
  const { wanted, held } = progress;
  for (const pid of monitors) {
    if (held.size === wanted.size) return true;
    const copies = hostPorts.copyFrom(pid, wanted.size);
    if (copies === undefined) return false;
    for (const copy of copies) {
      const key = keyOf(copy.endpoint);
      if (wanted.has(key) && !held.has(key)) held.set(key, copy);
      else copy[Symbol.dispose]();
    }
  }
  return true;
}

/** Gives the first that somebody has. */
function bindMissing(
  hostPorts: HostPorts,
  wanted: ReadonlyMap<string, HostEndpoint>,
  held: Map<string, BoundPort>,
): EngineError | undefined {
  let taken: EngineError | undefined;
  for (const [key, endpoint] of wanted) {
    if (held.has(key)) continue;
    try {
      const bound = hostPorts.bind(endpoint);
      if (bound !== undefined) held.set(key, bound);
    } catch (error) {
      // The host may have lost the address since the port was published.
      if (!isEngineError(error, "PORT_IN_USE", "PORT_INVALID")) throw error;
      if (error.code === "PORT_IN_USE") taken ??= error;
    }
  }
  return taken;
}

function keyOf({ address, port, protocol }: HostEndpoint): string {
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
  const wanted = wantedEndpoints({ owner: "", ports, interfaces, monitors: () => [] });
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    const free = new Map<string, BoundPort>();
    const taken = bindMissing(hostPorts, wanted, free);
    for (const socket of free.values()) socket[Symbol.dispose]();
    if (taken === undefined) return;
    await sleep(PAUSE);
  }
}
