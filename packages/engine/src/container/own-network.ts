/** Whether a container has a network namespace of its own, made and torn down with each of its runs. */
import { hasAddresses } from "../network/own-network.ts";
import type { ContainerConfig } from "../ports/container-record.ts";

/** A namespace that is pinned for the container: `bridge`, `pasta` and `none`. */
export function ownsNetns(config: ContainerConfig): boolean {
  const { kind } = config.network.mode;
  return hasAddresses(kind) || kind === "none";
}

/** Addresses and ports that go with the run. */
export function ownsNetwork(config: ContainerConfig): boolean {
  return hasAddresses(config.network.mode.kind);
}
