/** Which pods and containers use a network, and which are on it now. */
import type { InterfaceStatus, NetworkMode } from "@podwright/spec/engine-api/common";
import type { NetworkConfig, NetworkMember } from "@podwright/spec/engine-api/networks";
import type { ContainerNetwork } from "../ports/container-record.ts";
import { attachedName, type NetworkContext, type NetworkOwners } from "./context.ts";

/** Those whose configuration names it, running or not. */
export function usersOf(ctx: NetworkContext, network: NetworkConfig): NetworkOwners {
  const joins = (mode: NetworkMode | ContainerNetwork["mode"]): boolean =>
    mode.kind === "bridge" && attachedNames(ctx, mode.attachments).includes(network.name);
  const pods = ctx.store.pods.list({ includeCreating: true }).filter(({ config }) => joins(config.network));
  const containers = ctx.store.containers
    .list({ includeCreating: true })
    .filter(({ config }) => !config.infra && joins(config.network.mode));
  return { pods: pods.map(({ config }) => config.id), containers: containers.map(({ config }) => config.id) };
}

export function isUsed(ctx: NetworkContext, network: NetworkConfig): boolean {
  const users = usersOf(ctx, network);
  return users.pods.length + users.containers.length > 0;
}

function attachedNames(ctx: NetworkContext, attachments: readonly { readonly name: string }[]): string[] {
  const names = attachments.length === 0 ? [""] : attachments.map(({ name }) => name);
  return names.map((name) => attachedName(ctx, name));
}

/** Those with an address in it. A pod shows as its infra container, as in Podman. */
export function membersOf(ctx: NetworkContext, network: NetworkConfig): NetworkMember[] {
  const owners = new Set(ctx.store.networks.leases({ network: network.name }).map((lease) => lease.owner));
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
