/** As change-ports.ts, of an ordinary user's sandbox whose published ports a forwarder takes in. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { checkPortConflicts } from "@podwright/spec/values/port-mapping";
import { formatIp, parseIp } from "../base/ip.ts";
import type { Forwarder } from "../ports/forwarder.ts";
import type { HostEndpoint } from "../ports/host-ports.ts";
import type { PortChange, PortWish, PublishingSandbox } from "../ports/sandbox-network.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import type { NetworkContext } from "./context.ts";
import { startForwarder, warn, withForwards } from "./forwarded-ports.ts";
import { choosePorts, endpointsOf, refuseOverlap } from "./host-ports.ts";
import { refuseSctp, sandboxDirectory } from "./pasta.ts";
import { newPorts, withoutPorts } from "./port-list.ts";

/** @throws PORT_INVALID, PORT_CONFLICT, PORT_IN_USE, PORT_NOT_PUBLISHED, NOT_IMPLEMENTED where pasta publishes them */
export async function planPorts(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  wish: PortWish,
): Promise<PortChange> {
  const { left, removed } = withoutPorts(sandbox.ports, wish.remove);
  const fresh = newPorts(left, wish.add);
  refuseSctp({ ports: fresh, ownerName: sandbox.ownerName });
  checkPortConflicts([...left, ...fresh]);
  refuseOverlap([...left, ...fresh]);
  if (fresh.length + removed.length > 0) await refusePastas(ctx, sandbox);
  const hostPorts = await ctx.hostPorts();
  const families = familiesOf(bareAddresses(sandbox.interfaces));
  const ports = choosePorts(hostPorts, [...left, ...fresh], families);
  const add = ports.slice(left.length);
  const going = endpoints(sandbox, removed);
  for (const endpoint of endpoints(sandbox, add)) {
    // One that only moves is taken by ourselves: the step itself tells.
    if (!going.some((old) => samePort(old, endpoint))) hostPorts.requireFree(endpoint);
  }
  return { add, remove: removed, ports };
}

async function refusePastas(
  ctx: NetworkContext,
  { owner, ownerName, ports }: PublishingSandbox,
): Promise<void> {
  const forwarder = await ctx.forwarder();
  if ((await forwarder.list(sandboxDirectory(ctx, owner))) !== undefined) return;
  if (ports.length === 0 || !(await (await ctx.pasta()).abilities()).publishes) return;
  throw new EngineError(
    "NOT_IMPLEMENTED",
    `published ports of ${ownerName} cannot change while it runs: the installed pasta has them for as long as it is up`,
    { hint: "stop it, change its ports, start it" },
  );
}

/** New ones first. */
export async function exchangePorts(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  change: PortChange,
): Promise<void> {
  if (change.add.length + change.remove.length === 0) return;
  const directory = sandboxDirectory(ctx, sandbox.owner);
  const forwarder = await ctx.forwarder();
  if ((await forwarder.list(directory)) === undefined) return await startAnew(ctx, sandbox, change.ports);
  const added = endpoints(sandbox, change.add);
  // Two sockets cannot have one port, whatever their addresses.
  const inTheWay = endpoints(sandbox, change.remove).filter((old) =>
    added.some((each) => samePort(old, each)),
  );
  await forwarder.remove(directory, inTheWay);
  try {
    await addPorts(ctx, forwarder, { sandbox, ports: change.add });
  } catch (error) {
    const back = change.remove.filter((port) =>
      endpoints(sandbox, [port]).some((old) => inTheWay.some((each) => samePort(old, each))),
    );
    await addPorts(ctx, forwarder, { sandbox, ports: back });
    throw error;
  }
}

/** Ports are free, and connections through them end. */
export async function releasePorts(
  ctx: NetworkContext,
  sandbox: PublishingSandbox,
  change: PortWish,
): Promise<void> {
  const stays = endpoints(sandbox, change.add);
  const going = endpoints(sandbox, change.remove).filter(
    (old) => !stays.some((each) => samePort(old, each) && old.address === each.address),
  );
  if (going.length > 0) await (await ctx.forwarder()).remove(sandboxDirectory(ctx, sandbox.owner), going);
}

/** Whatever a killed change has left. One that pasta publishes has changed nothing. */
export async function restorePorts(ctx: NetworkContext, sandbox: PublishingSandbox): Promise<void> {
  const directory = sandboxDirectory(ctx, sandbox.owner);
  const forwarder = await ctx.forwarder();
  const known = await forwarder.list(directory);
  if (known === undefined) return;
  // Where each leads may have changed: all are made anew.
  await forwarder.remove(
    directory,
    known.map(({ endpoint }) => endpoint),
  );
  await addPorts(ctx, forwarder, { sandbox, ports: sandbox.ports });
}

async function startAnew(
  ctx: NetworkContext,
  { owner, interfaces }: PublishingSandbox,
  ports: readonly PortMapping[],
): Promise<void> {
  await startForwarder(ctx, { owner, netnsPath: ctx.netnsPath(owner), interfaces, ports });
}

async function addPorts(
  ctx: NetworkContext,
  forwarder: Forwarder,
  { sandbox, ports }: { readonly sandbox: PublishingSandbox; readonly ports: readonly PortMapping[] },
): Promise<void> {
  if (ports.length === 0) return;
  await withForwards(ctx, sandbox, ports, async (forwards) => {
    warn(ctx, await forwarder.add(sandboxDirectory(ctx, sandbox.owner), forwards));
  });
}

/** With addresses as the kernel writes them. */
function endpoints({ interfaces }: PublishingSandbox, ports: readonly PortMapping[]): HostEndpoint[] {
  const families = familiesOf(bareAddresses(interfaces));
  return ports
    .flatMap((port) => [...endpointsOf(port, families)])
    .map((endpoint) => {
      const ip = parseIp(endpoint.address);
      return ip === undefined ? endpoint : { ...endpoint, address: formatIp(ip) };
    });
}

function samePort(a: HostEndpoint, b: HostEndpoint): boolean {
  return a.port === b.port && a.protocol === b.protocol;
}
