/** `network reload`: what another firewall tool flushed comes back for containers that run. */
import type { NetworkAttachment, Outcome } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import { targetsOf } from "./attach.ts";
import { raiseNetwork } from "./bridge.ts";
import type { NetworkContext } from "./context.ts";
import { announceNames } from "./names.ts";
import { attachedTo, containerAttachments, nameRequest, ownerOf, podAttachments } from "./owners.ts";

/** With `all`, those that have no network to reload are passed over. */
export async function reloadNetworks(
  ctx: NetworkContext,
  { names, all }: { readonly names: readonly string[]; readonly all: boolean },
): Promise<Outcome[]> {
  if (all) {
    const attached = ctx.store.containers.list().filter((record) => isAttached(ctx, record));
    return Promise.all(attached.map((record) => outcomeOf(ctx, record.config.id, () => record)));
  }
  return Promise.all(names.map((name) => outcomeOf(ctx, name, () => ctx.store.containers.find(name))));
}

async function outcomeOf(ctx: NetworkContext, input: string, find: () => ContainerRecord): Promise<Outcome> {
  try {
    const record = find();
    await reload(ctx, record);
    return { input, id: record.config.id };
  } catch (error) {
    if (error instanceof EngineError) return { input, error };
    throw error;
  }
}

/** A member stands for its pod. */
async function reload(ctx: NetworkContext, record: ContainerRecord): Promise<void> {
  const owner = ownerOf(record);
  const kind = owner === record.config.podId ? "pod" : "container";
  using _lock = await ctx.locks.acquire(`${kind}-${owner}`);
  const { interfaces, ports } = attachedTo(ctx, owner);
  if (interfaces.length === 0 || ctx.netnsPath(owner) === "") {
    throw new EngineError(
      "CONTAINER_STATE_IMPROPER",
      `cannot reload network of container ${record.config.id}: it has none that is up: container state improper`,
    );
  }
  const wishes = attachmentsOf(ctx, owner);
  const joined = [];
  for (const status of interfaces) {
    const network = await raiseNetwork(ctx, ctx.store.networks.find(status.network));
    const aliases = wishes.find(({ name }) => name === status.network)?.aliases ?? [];
    joined.push({ network, status, aliases });
  }
  await announceNames(ctx, joined, () => nameRequest(ctx, owner));
  const addresses = targetsOf(joined);
  if (ports.length === 0 || addresses.length === 0) return;
  const { firewall } = await ctx.host();
  await firewall.publish({ ports, addresses });
}

function attachmentsOf(ctx: NetworkContext, owner: string): readonly NetworkAttachment[] {
  const container = ctx.store.containers.get(owner);
  if (container !== undefined) return containerAttachments(container);
  const pod = ctx.store.pods.get(owner);
  return pod === undefined ? [] : podAttachments(pod);
}

/** The pod's infra shows the pod's network, as in Podman; its members show none of their own. */
function isAttached(ctx: NetworkContext, record: ContainerRecord): boolean {
  const isMember = !record.config.infra && record.config.network.mode.kind === "pod";
  return !isMember && holdsLease(ctx, ownerOf(record));
}

function holdsLease(ctx: NetworkContext, owner: string): boolean {
  return ctx.store.networks.leases({ owner }).length > 0;
}
