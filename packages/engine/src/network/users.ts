/** Which pods and containers use a network, and which are on it now. */
import type { InterfaceStatus, NetworkAttachment } from "@podwright/spec/engine-api/common";
import type { NetworkConfig, NetworkMember } from "@podwright/spec/engine-api/networks";
import { attachedName, type NetworkContext, type NetworkOwners } from "./context.ts";
import { containerAttachments, podAttachments } from "./owners.ts";

/** Those whose configuration names it, running or not. */
export function usersOf(ctx: NetworkContext, network: NetworkConfig): NetworkOwners {
  const joins = (attachments: readonly NetworkAttachment[]): boolean =>
    attachments.some(({ name }) => attachedName(ctx, name) === network.name);
  const pods = ctx.store.pods.list({ includeCreating: true }).filter((pod) => joins(podAttachments(pod)));
  const containers = ctx.store.containers
    .list({ includeCreating: true })
    .filter((container) => !container.config.infra && joins(containerAttachments(container)));
  return { pods: pods.map(({ config }) => config.id), containers: containers.map(({ config }) => config.id) };
}

export function isUsed(ctx: NetworkContext, network: NetworkConfig): boolean {
  const users = usersOf(ctx, network);
  return users.pods.length + users.containers.length > 0;
}

/** Those on it now. A pod shows as its infra container, as in Podman. */
export function membersOf(ctx: NetworkContext, network: NetworkConfig): NetworkMember[] {
  const owners = new Set(presentOwners(ctx, network));
  return [...owners].flatMap((owner) => {
    const container = ctx.store.containers.get(owner);
    if (container !== undefined) {
      const { id, name } = container.config;
      return members(network, container.state.run?.interfaces, { containerId: id, name });
    }
    const pod = ctx.store.pods.get(owner);
    const infra = ctx.store.containers.get(pod?.config.infraId ?? "");
    const shown = {
      containerId: infra?.config.id ?? owner,
      name: infra?.config.name ?? pod?.config.name ?? "",
    };
    return members(network, pod?.state.sandbox?.interfaces, shown);
  });
}

/** Without addresses of the network's own there are no leases to tell. */
function presentOwners(ctx: NetworkContext, network: NetworkConfig): string[] {
  if (network.ipamDriver !== "none") {
    return ctx.store.networks.leases({ network: network.name }).map((lease) => lease.owner);
  }
  const { pods, containers } = usersOf(ctx, network);
  return [...pods, ...containers].filter((owner) => ctx.netnsPath(owner) !== "");
}

function members(
  network: NetworkConfig,
  interfaces: readonly InterfaceStatus[] | undefined,
  who: { readonly containerId: string; readonly name: string },
): NetworkMember[] {
  return (interfaces ?? [])
    .filter((status) => status.network === network.name)
    .map(({ interfaceName, addresses, gateways, mac }) => ({
      ...who,
      interfaceName,
      addresses,
      gateways,
      mac,
    }));
}
