/** `network ls --filter` and `network prune --filter`. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  matchesAnyLabel,
  matchesId,
  matchesLabels,
  matchesPattern,
  untilFilter,
} from "@podwright/spec/values/filter";
import type { NetworkContext } from "./context.ts";
import { isUsed } from "./users.ts";

type Test = (network: NetworkConfig, values: readonly string[]) => boolean;

/** Values of one key are alternatives (labels: all must hold); keys must all hold. @throws NETWORK_INVALID */
export function matchesNetwork(ctx: NetworkContext, filters: Filters): (network: NetworkConfig) => boolean {
  const tests: Readonly<Record<string, Test>> = {
    name: (network, values) => matchesPattern(network.name, values),
    id: (network, values) => matchesId(network.id, values),
    driver: (network, values) => values.includes(network.driver),
    label: (network, values) => matchesLabels(network.labels, values),
    "label!": (network, values) => !matchesAnyLabel(network.labels, values),
    until: (network, values) => network.created < untilFilter(values, ctx.clock.now()),
    dangling: (network, values) => isDangling(ctx, network) === truth(values),
  };
  const checks = Object.entries(filters).map(([key, values]) => {
    const test = tests[key];
    if (test === undefined) throw new EngineError("NETWORK_INVALID", `invalid filter "${key}"`);
    return (network: NetworkConfig) => test(network, values);
  });
  return (network) => checks.every((check) => check(network));
}

/** The default network is never said to be unused: it cannot be removed. */
export function isDangling(ctx: NetworkContext, network: NetworkConfig): boolean {
  return network.name !== ctx.settings.config.defaultNetwork && !isUsed(ctx, network);
}

function truth(values: readonly string[]): boolean {
  const value = values[0] ?? "";
  if (["true", "1", "t"].includes(value.toLowerCase())) return true;
  if (["false", "0", "f"].includes(value.toLowerCase())) return false;
  throw new EngineError("NETWORK_INVALID", `invalid dangling filter value "${value}"`);
}
