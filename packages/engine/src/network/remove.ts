/** `network rm` and `network prune`. */
import type { Filters, Outcome } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { lowerNetwork } from "./bridge.ts";
import type { NetworkContext } from "./context.ts";
import { findNetwork, listNetworks } from "./default-network.ts";
import { isDangling, matchesNetwork } from "./filters.ts";
import { networkEvent } from "./network-event.ts";
import { isUsed, usersOf } from "./users.ts";

export interface RemoveNetworksOptions {
  readonly force: boolean;
  readonly timeout?: number;
}

/** One outcome for each name. */
export async function removeNetworks(
  ctx: NetworkContext,
  namesOrIds: readonly string[],
  options: RemoveNetworksOptions,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const input of namesOrIds) {
    try {
      const network = await find(ctx, input);
      await removeNetwork(ctx, network, options);
      outcomes.push({ input, id: network.name });
    } catch (error) {
      if (!isEngineError(error)) throw error;
      // As in Podman, -f does not mind a network that is gone.
      if (options.force && error.code === "NETWORK_NOT_FOUND") outcomes.push({ input });
      else outcomes.push({ input, error });
    }
  }
  return outcomes;
}

/** `rm` of what is not there ends with 1, where other verbs end with 125. */
async function find(ctx: NetworkContext, input: string): Promise<NetworkConfig> {
  try {
    return await findNetwork(ctx, input);
  } catch (cause) {
    if (!isEngineError(cause, "NETWORK_NOT_FOUND")) throw cause;
    throw new EngineError(cause.code, cause.message, { cause, exit: 1, details: cause.details });
  }
}

async function removeNetwork(
  ctx: NetworkContext,
  network: NetworkConfig,
  options: RemoveNetworksOptions,
): Promise<void> {
  if (network.name === ctx.settings.config.defaultNetwork) {
    throw new EngineError("NETWORK_INVALID", `default network ${network.name} cannot be removed`);
  }
  if (isUsed(ctx, network)) {
    if (!options.force) throw inUse(network);
    const outcomes = await ctx.removeOwners(usersOf(ctx, network), options.timeout);
    const failed = outcomes.find((outcome) => outcome.error !== undefined);
    if (failed?.error !== undefined) throw failed.error;
  }
  using _lock = await ctx.locks.acquire(`network-${network.id}`);
  // Somebody may have begun to use it meanwhile.
  if (isUsed(ctx, network)) throw inUse(network);
  await lowerNetwork(ctx, network);
  ctx.store.networks.remove(network.name);
  ctx.events.write(networkEvent(network, "remove"));
  ctx.locks.forget(`network-${network.id}`);
}

function inUse(network: NetworkConfig): EngineError {
  return new EngineError(
    "NETWORK_IN_USE",
    `"${network.name}" has associated containers with it. Use -f to forcibly delete containers and pods: network is being used`,
  );
}

/** Those that no pod or container names, running or not. */
export async function pruneNetworks(ctx: NetworkContext, filters: Filters): Promise<Outcome[]> {
  for (const key of Object.keys(filters)) {
    if (key !== "label" && key !== "label!" && key !== "until") {
      throw new EngineError("NETWORK_INVALID", `invalid filter "${key}"`);
    }
  }
  const wanted = matchesNetwork(ctx, filters);
  const doomed = (await listNetworks(ctx)).filter((network) => isDangling(ctx, network) && wanted(network));
  return removeNetworks(
    ctx,
    doomed.map((network) => network.name),
    { force: false },
  );
}
