/** Whether a container has a network namespace of its own, made and torn down with each of its runs. */
import type { ContainerConfig } from "../ports/container-record.ts";

/** A namespace that is pinned for the container: `bridge` and `none`. */
export function ownsNetns(config: ContainerConfig): boolean {
  const { kind } = config.network.mode;
  return kind === "bridge" || kind === "none";
}

/** Addresses and ports that go with the run. */
export function ownsNetwork(config: ContainerConfig): boolean {
  return config.network.mode.kind === "bridge";
}
