/** Published ports of a sandbox that is up: some more, some fewer, while everything else goes on. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { checkPortConflicts } from "@podwright/spec/values/port-mapping";
import type { HostEndpoint, PortBag } from "../ports/host-ports.ts";
import type { PortChange, PortWish, PublishingSandbox } from "../ports/sandbox-network.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import { forgetUdpFlows, targetsOf } from "./attach.ts";
import type { NetworkContext } from "./context.ts";
import { bagLock } from "./bag-lock.ts";
import { type Endpoints, fill, keyOf, monitorBags, wantedEndpoints } from "./held-ports.ts";
import { choosePorts, endpointsOf, refuseOverlap } from "./host-ports.ts";
import { newPorts, withoutPorts } from "./port-list.ts";
import { explainPortInUse } from "./port-owner.ts";

/** Tries for a random host port that a sandbox without running members may hold in the firewall only. */
const ATTEMPTS = 8;

/** @throws PORT_INVALID, PORT_CONFLICT, PORT_IN_USE, PORT_NOT_PUBLISHED */
export async function planPorts(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  wish: PortWish,
): Promise<PortChange> {
  const { left, removed } = withoutPorts(sandbox.ports, wish.remove);
  const add = newPorts(left, wish.add);
  checkPortConflicts([...left, ...add]);
  refuseOverlap([...left, ...add]);
  for (let attempt = 1; ; attempt++) {
    const change = await resolved(ctx, sandbox, { left, removed, add });
    try {
      await checkFree(ctx, sandbox, change);
      return change;
    } catch (error) {
      const chosen = add.some(({ hostPort }) => hostPort === 0);
      if (!isEngineError(error, "PORT_IN_USE") || !chosen || attempt === ATTEMPTS) throw error;
    }
  }
}

async function resolved(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  lists: { readonly left: PortMapping[]; readonly removed: PortMapping[]; readonly add: PortMapping[] },
): Promise<PortChange> {
  const { left, removed, add } = lists;
  if (add.every(({ hostPort }) => hostPort !== 0)) return { add, remove: removed, ports: [...left, ...add] };
  const families = isUp(sandbox) ? familiesOf(addressesOf(ctx, sandbox)) : ([4] as const);
  const ports = choosePorts(await ctx.hostPorts(), [...left, ...add], families);
  return { add: ports.slice(left.length), remove: removed, ports };
}

/** What is down is checked by its next start, like what a creation asks for. */
async function checkFree(ctx: NetworkContext, sandbox: PublishingSandbox, change: PortChange): Promise<void> {
  if (!isUp(sandbox) || change.add.length === 0) return;
  const addresses = addressesOf(ctx, sandbox);
  if (addresses.length === 0) {
    throw new EngineError(
      "PORT_INVALID",
      `cannot publish ports of ${sandbox.ownerName}: none of its networks is a bridge that leads out`,
    );
  }
  const { firewall, hostPorts } = await ctx.host();
  const going = wantedEndpoints({ interfaces: sandbox.interfaces, ports: change.remove });
  // A port that only moves is taken by ourselves: the step itself tells.
  const fresh = change.add.filter(({ hostPort, length, protocol }) =>
    [...going.values()].every(
      (old) => old.protocol !== protocol || old.port < hostPort || old.port >= hostPort + length,
    ),
  );
  const taken = firewall.conflict({ ports: fresh, addresses });
  if (taken !== undefined) throw explainPortInUse(ctx, taken, hostPorts);
  for (const endpoint of wantedEndpoints({ interfaces: sandbox.interfaces, ports: fresh }).values()) {
    try {
      hostPorts.bind(endpoint)?.[Symbol.dispose]();
    } catch (error) {
      throw isEngineError(error, "PORT_IN_USE") ? explainPortInUse(ctx, error, hostPorts) : error;
    }
  }
}

/** Sockets first, so that no host process can come between; then one transaction of the firewall. */
export async function exchangePorts(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  { add, remove }: PortWish,
): Promise<void> {
  if (!isUp(sandbox) || add.length + remove.length === 0) return;
  const { firewall, hostPorts } = await ctx.host();
  const addresses = addressesOf(ctx, sandbox);
  await holdMore(ctx, sandbox, { add, remove });
  try {
    await firewall.exchange({
      remove: { ports: remove, addresses },
      add: { ports: add, addresses },
    });
  } catch (error) {
    await letGo(ctx, sandbox, { add: remove, remove: add });
    throw isEngineError(error, "PORT_IN_USE") ? explainPortInUse(ctx, error, hostPorts) : error;
  }
  await forgetUdpFlows(ctx, add);
}

/** Sockets and connections of what is no longer published. */
export async function releasePorts(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  change: PortWish,
): Promise<void> {
  if (!isUp(sandbox) || change.remove.length === 0) return;
  await letGo(ctx, sandbox, change);
  const { links } = await ctx.host();
  for (const to of addressesOf(ctx, sandbox)) links.flushFlows({ to, through: change.remove });
}

/** Whatever a killed change has left, at any point of it. */
export async function restorePorts(ctx: NetworkContext, sandbox: PublishingSandbox): Promise<void> {
  if (!isUp(sandbox)) return;
  const { firewall, links } = await ctx.host();
  const addresses = addressesOf(ctx, sandbox);
  if (addresses.length > 0) await firewall.restore({ ports: sandbox.ports, addresses });
  await withBags(ctx, sandbox, (bags, hostPorts) => {
    const wanted = wantedEndpoints(sandbox);
    for (const bag of bags) bag.keep((endpoint) => wanted.has(keyOf(endpoint)));
    const [first] = bags;
    if (first !== undefined) fill(hostPorts, first, wanted);
  });
  for (const to of addresses) links.flushFlows({ to, notThrough: sandbox.ports });
}

/** @throws PORT_IN_USE, with nothing changed */
async function holdMore(ctx: NetworkContext, sandbox: PublishingSandbox, change: PortWish): Promise<void> {
  const added = endpoints(sandbox, change.add);
  const going = endpoints(sandbox, change.remove);
  await withBags(ctx, sandbox, (bags, hostPorts) => {
    const [bag] = bags;
    // `8080:80` on all addresses gives way to the same on one: both cannot be bound.
    const inTheWay = [...going].filter(
      ([key, old]) => !added.has(key) && [...added.values()].some(samePort(old)),
    );
    const away = new Map(inTheWay);
    if (away.size > 0) for (const each of bags) each.keep((endpoint) => !away.has(keyOf(endpoint)));
    const taken = bag === undefined ? firstTaken(hostPorts, added) : fill(hostPorts, bag, added);
    if (taken === undefined) return;
    if (bag !== undefined) fill(hostPorts, bag, away);
    throw explainPortInUse(ctx, taken, hostPorts);
  });
}

/** No member runs: nobody could keep them, as after a start without members. */
function firstTaken(hostPorts: { openBag(): PortBag } & Parameters<typeof fill>[0], added: Endpoints) {
  using bag = hostPorts.openBag();
  return fill(hostPorts, bag, added);
}

async function letGo(ctx: NetworkContext, sandbox: PublishingSandbox, change: PortWish): Promise<void> {
  const stays = endpoints(sandbox, change.add);
  // Of both families: the sandbox may have lost one of its networks since.
  const going = new Set(
    change.remove.flatMap((port) => [...endpointsOf(port, [4, 6])].map((endpoint) => keyOf(endpoint))),
  );
  await withBags(ctx, sandbox, (bags, hostPorts) => {
    for (const bag of bags) {
      bag.keep((endpoint) => stays.has(keyOf(endpoint)) || !going.has(keyOf(endpoint)));
    }
    const [first] = bags;
    if (first !== undefined) fill(hostPorts, first, stays);
  });
}

async function withBags(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  act: (bags: readonly PortBag[], hostPorts: Parameters<typeof monitorBags>[0]) => void,
): Promise<void> {
  const hostPorts = await ctx.hostPorts();
  using _lock = await ctx.locks.acquire(bagLock(sandbox.owner));
  const { bags } = monitorBags(hostPorts, sandbox.monitors());
  try {
    act(bags, hostPorts);
  } finally {
    for (const bag of bags) bag[Symbol.dispose]();
  }
}

function endpoints(sandbox: PublishingSandbox, ports: readonly PortMapping[]): Endpoints {
  return wantedEndpoints({ interfaces: sandbox.interfaces, ports });
}

function samePort(a: HostEndpoint): (b: HostEndpoint) => boolean {
  return (b) => a.port === b.port && a.protocol === b.protocol;
}

function isUp({ interfaces }: PublishingSandbox): boolean {
  return bareAddresses(interfaces).length > 0;
}

/** Where its published ports lead. */
function addressesOf(ctx: NetworkContext, { interfaces }: PublishingSandbox): string[] {
  return targetsOf(
    interfaces.flatMap((status) => {
      const network = ctx.store.networks.get(status.network);
      return network === undefined ? [] : [{ network, status }];
    }),
  );
}
