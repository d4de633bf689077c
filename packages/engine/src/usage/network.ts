/** What a container has sent and received: over its own network, or the one that it shares. */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { UsageContext } from "./context.ts";

export interface NetworkUsage {
  /** Bytes. */
  readonly netInput: number;
  readonly netOutput: number;
}

/** As in Podman what goes over the host's own network is counted for nobody. `pid` is 0 where there is no process. */
export function readNetwork(ctx: UsageContext, record: ContainerRecord, pid: number): NetworkUsage {
  let [netInput, netOutput] = [0, 0];
  if (!hasHostNetwork(ctx, record)) {
    const { id, podId, infra } = record.config;
    const pinned = pid > 0 && !infra ? "" : ctx.views.netnsPath(infra ? podId : id);
    const links =
      pid > 0 && !infra
        ? ctx.netCounters.ofProcess(pid)
        : pinned === ""
          ? []
          : ctx.netCounters.ofNamespace(pinned);
    for (const { name, received, sent } of links) {
      if (name === "lo") continue;
      netInput += received;
      netOutput += sent;
    }
  }
  return { netInput, netOutput };
}

function hasHostNetwork(ctx: UsageContext, record: ContainerRecord, depth = 0): boolean {
  const { mode } = record.config.network;
  if (mode.kind === "pod" || record.config.infra) {
    const pod = ctx.store.pods.get(record.config.podId)?.config;
    return pod?.network.kind === "host" || pod?.share.includes("net") === false;
  }
  if (mode.kind !== "container" || depth > 10) return mode.kind === "host";
  try {
    return hasHostNetwork(ctx, ctx.store.containers.find(mode.container), depth + 1);
  } catch (error) {
    if (isEngineError(error, "CONTAINER_NOT_FOUND")) return false;
    throw error;
  }
}
