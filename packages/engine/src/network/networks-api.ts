/** NetworksApi over the store and the host. */
import type { Filters, Outcome } from "@podwright/spec/engine-api/common";
import type {
  NetworkConfig,
  NetworkMember,
  NetworkRequest,
  NetworksApi,
} from "@podwright/spec/engine-api/networks";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { NetworkContext } from "./context.ts";
import { connectContainer, disconnectContainer } from "./connect.ts";
import { createNetwork } from "./create.ts";
import { findNetwork, listNetworks } from "./default-network.ts";
import { matchesNetwork } from "./filters.ts";
import { reloadNetworks } from "./reload.ts";
import { pruneNetworks, removeNetworks, type RemoveNetworksOptions } from "./remove.ts";
import { updateNetwork } from "./update.ts";
import { membersOf } from "./users.ts";

export function networksApi(ctx: NetworkContext): NetworksApi {
  return {
    create: (request: NetworkRequest): Promise<NetworkConfig> => createNetwork(ctx, request),
    async list(filters: Filters): Promise<NetworkConfig[]> {
      return (await listNetworks(ctx)).filter(matchesNetwork(ctx, filters));
    },
    async inspect(nameOrId: string): Promise<{ config: NetworkConfig; members: readonly NetworkMember[] }> {
      const config = await findNetwork(ctx, nameOrId);
      return { config, members: membersOf(ctx, config) };
    },
    async exists(nameOrId: string): Promise<boolean> {
      // Without making it: it is there by definition.
      if (nameOrId === ctx.settings.config.defaultNetwork) return true;
      try {
        ctx.store.networks.find(nameOrId);
        return true;
      } catch (error) {
        if (isEngineError(error, "NETWORK_NOT_FOUND")) return false;
        throw error;
      }
    },
    reload: (selection): Promise<Outcome[]> => reloadNetworks(ctx, selection),
    remove: (namesOrIds: readonly string[], options: RemoveNetworksOptions): Promise<Outcome[]> =>
      removeNetworks(ctx, namesOrIds, options),
    connect: (container, attachment) => connectContainer(ctx, container, attachment),
    disconnect: (network, container) => disconnectContainer(ctx, container, network),
    update: (nameOrId, change) => updateNetwork(ctx, nameOrId, change),
    prune: (filters: Filters): Promise<Outcome[]> => pruneNetworks(ctx, filters),
  };
}
