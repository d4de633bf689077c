/** `network connect` and `network disconnect`: at once in a sandbox that is up, noted for the next start in any. */
import type { InterfaceStatus, NetworkAttachment } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { CleanupStack } from "../base/cleanup.ts";
import { bareAddresses } from "./addresses.ts";
import { isAnyUsed, leased, linkAndName, publish } from "./attach.ts";
import { resolveAttachments } from "./attachments.ts";
import { raiseNetwork } from "./bridge.ts";
import { findChangeable, type Changeable, lockOf } from "./changeable.ts";
import { attachedName, type NetworkContext } from "./context.ts";
import { findNetwork } from "./default-network.ts";
import { rewriteEtcFiles } from "./etc-files.ts";
import { freeInterfaceName, withInterfaceNames } from "./interface-names.ts";
import { movePorts } from "./move-ports.ts";
import { withdrawNames } from "./names.ts";
import { attachmentEvent } from "./network-event.ts";

/** @throws CONTAINER_NOT_FOUND, NETWORK_NOT_FOUND, NETWORK_INVALID */
export async function connectContainer(
  ctx: NetworkContext,
  container: string,
  asked: NetworkAttachment,
): Promise<void> {
  const { owner } = findChangeable(ctx, container);
  const network = await findNetwork(ctx, asked.name);
  const [attachment] = resolveAttachments({ settings: ctx.settings, networks: ctx.store.networks }, [
    { ...asked, name: network.name },
  ]);
  if (attachment === undefined) return;
  using _lock = await ctx.locks.acquire(lockOf(owner));
  const target = findChangeable(ctx, container);
  if (target.attachments.some(({ name }) => attachedName(ctx, name) === network.name)) {
    // As in Podman, what does not run is told nothing.
    if (!target.up) return;
    throw new EngineError(
      "NETWORK_INVALID",
      `container ${target.id} is already connected to network ${network.name}: network is already connected`,
    );
  }
  const present = withInterfaceNames(target.attachments);
  const taken = new Set(present.flatMap(({ interfaceName }) => interfaceName ?? []));
  if (attachment.interfaceName !== undefined && taken.has(attachment.interfaceName)) {
    throw new EngineError("NETWORK_INVALID", `interface name ${attachment.interfaceName} is in use already`);
  }
  const added = { ...attachment, interfaceName: attachment.interfaceName ?? freeInterfaceName(taken) };
  const attachments = [...present, added];
  if (target.up) await connectLive(ctx, target, { network, added, attachments });
  else target.save({ attachments });
  ctx.events.write(attachmentEvent(network.name, target, "connect"));
}

async function connectLive(
  ctx: NetworkContext,
  target: Changeable,
  {
    network: noted,
    added,
    attachments,
  }: {
    readonly network: NetworkConfig;
    readonly added: NetworkAttachment & { readonly interfaceName: string };
    readonly attachments: readonly NetworkAttachment[];
  },
): Promise<void> {
  const { owner, attached } = target;
  using _raised = await (await ctx.host()).raise();
  await clearLeftovers(ctx, target, noted);
  const network = await raiseNetwork(ctx, noted);
  await using undo = new CleanupStack();
  undo.defer(() => ctx.store.networks.release(owner.id, network.name));
  const joined = leased(ctx, owner.id, { network, request: added, name: added.interfaceName });
  const position = attached.interfaces.length;
  const request = { owner: owner.id, netnsPath: target.netnsPath };
  const [status] = await linkAndName(ctx, request, { joined: [joined], undo, position });
  if (status === undefined) return;
  const interfaces = [...attached.interfaces, status];
  const ports =
    attached.ports.length > 0
      ? await movePorts(ctx, attached.ports, { before: attached.interfaces, after: interfaces })
      : await publish(ctx, { ports: target.ports, ownerName: target.name }, { joined: [joined], undo });
  await rewriteEtcFiles(ctx, target, interfaces);
  target.save({ attachments, attached: { interfaces, ports } });
  undo.keep();
}

/** What a connect that was killed half-way has left: it noted its address first. */
async function clearLeftovers(
  ctx: NetworkContext,
  target: Changeable,
  network: NetworkConfig,
): Promise<void> {
  const { id } = target.owner;
  const leases = ctx.store.networks.leases({ owner: id, network: network.name });
  if (leases.length === 0) return;
  const { links } = await ctx.host();
  for (const { interfaceName } of leases) links.removeInside(target.netnsPath, interfaceName);
  await withdrawNames(ctx, id, [network]);
  ctx.store.networks.release(id, network.name);
}

/** @throws CONTAINER_NOT_FOUND, NETWORK_NOT_FOUND, NETWORK_INVALID */
export async function disconnectContainer(
  ctx: NetworkContext,
  container: string,
  networkName: string,
): Promise<void> {
  const { owner } = findChangeable(ctx, container);
  const network = await findNetwork(ctx, networkName);
  using _lock = await ctx.locks.acquire(lockOf(owner));
  const target = findChangeable(ctx, container);
  const present = withInterfaceNames(target.attachments);
  const attachments = present.filter(({ name }) => attachedName(ctx, name) !== network.name);
  if (attachments.length === present.length) {
    throw new EngineError(
      "NETWORK_INVALID",
      `container ${container} is not connected to network ${network.name}`,
    );
  }
  if (target.up) await disconnectLive(ctx, target, { network, attachments });
  else target.save({ attachments });
  ctx.events.write(attachmentEvent(network.name, target, "disconnect"));
}

/** The state is the last to change: who finds a disconnect that was killed sees a connection, and can end it. */
async function disconnectLive(
  ctx: NetworkContext,
  target: Changeable,
  {
    network,
    attachments,
  }: { readonly network: NetworkConfig; readonly attachments: readonly NetworkAttachment[] },
): Promise<void> {
  const { links, lower } = await ctx.host();
  const { id } = target.owner;
  const { interfaces, ports } = target.attached;
  const gone = interfaces.filter((status) => status.network === network.name);
  const left = interfaces.filter((status) => status.network !== network.name);
  await movePorts(ctx, ports, { before: interfaces, after: left });
  await withdrawNames(ctx, id, [network]);
  for (const { interfaceName } of gone) links.removeInside(target.netnsPath, interfaceName);
  await rewriteEtcFiles(ctx, target, left);
  ctx.store.networks.release(id, network.name);
  target.save({ attachments, attached: { interfaces: left, ports } });
  forgetFlows(links.flushFlows.bind(links), ports.length > 0 ? gone : []);
  await lower(() => isAnyUsed(ctx));
}

function forgetFlows(flush: (filter: { to: string }) => void, gone: readonly InterfaceStatus[]): void {
  for (const address of bareAddresses(gone)) flush({ to: address });
}
