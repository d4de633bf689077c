/** `network reload`: what another firewall tool flushed comes back for containers that run. */
import type { InterfaceStatus, Outcome, PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import { bareAddresses } from "./addresses.ts";
import { raiseNetwork } from "./bridge.ts";
import type { NetworkContext } from "./context.ts";

interface Attached {
  readonly interfaces: readonly InterfaceStatus[];
  readonly ports: readonly PortMapping[];
}

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
  const { interfaces, ports } = attachedTo(ctx, record);
  if (!holdsLease(ctx, owner) || interfaces.length === 0) {
    throw new EngineError(
      "CONTAINER_STATE_IMPROPER",
      `cannot reload network of container ${record.config.id}: it has none that is up: container state improper`,
    );
  }
  for (const name of new Set(interfaces.map(({ network }) => network))) {
    await raiseNetwork(ctx, ctx.store.networks.find(name));
  }
  if (ports.length === 0) return;
  const { firewall } = await ctx.host();
  const open = interfaces.filter(({ network }) => !ctx.store.networks.find(network).internal);
  await firewall.publish({ ports, addresses: bareAddresses(open) });
}

/** The pod's infra shows the pod's network, as in Podman; its members show none of their own. */
function isAttached(ctx: NetworkContext, record: ContainerRecord): boolean {
  const isMember = !record.config.infra && record.config.network.mode.kind === "pod";
  return !isMember && holdsLease(ctx, ownerOf(record));
}

function holdsLease(ctx: NetworkContext, owner: string): boolean {
  return ctx.store.networks.leases({ owner }).length > 0;
}

function ownerOf({ config }: ContainerRecord): string {
  return config.infra || config.network.mode.kind === "pod" ? config.podId : config.id;
}

function attachedTo(ctx: NetworkContext, record: ContainerRecord): Attached {
  const owner = ownerOf(record);
  const attached =
    owner === record.config.id
      ? ctx.store.containers.get(owner)?.state.run
      : ctx.store.pods.get(owner)?.state.sandbox;
  return attached ?? { interfaces: [], ports: [] };
}
