/** ContainersApi: each method is the verb's file, loaded when it is first called. */
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import type { ContainerContext } from "./context.ts";

export function createContainersApi(ctx: ContainerContext): ContainersApi {
  return {
    create: (...args) => ctx.views.create(...args),
    list: (options) => ctx.views.list(options),
    inspect: (...args) => ctx.views.inspect(...args),
    start: async (...args) => (await import("./start.ts")).startContainers(ctx, ...args),
    startAttached: async (...args) => (await import("./start-attached.ts")).startAttached(ctx, ...args),
    attach: async (...args) => (await import("./attach.ts")).attachContainer(ctx, ...args),
    stop: async (...args) => (await import("./stop.ts")).stopContainers(ctx, ...args),
    restart: async (...args) => (await import("./restart.ts")).restartContainers(ctx, ...args),
    kill: async (...args) => (await import("./kill.ts")).killContainers(ctx, ...args),
    remove: async (...args) => (await import("./remove.ts")).removeContainers(ctx, ...args),
    wait: async (...args) => (await import("./wait.ts")).waitForContainers(ctx, ...args),
    exists: async (name) => (await import("./exists.ts")).containerExists(ctx, name),
    logs: async function* logs(...args) {
      yield* (await import("./logs.ts")).containerLogs(ctx, ...args);
    },
    exec: async (...args) => (await import("./exec.ts")).execInContainer(ctx, ...args),
    execAttached: async (name, request, streams, signal) => {
      const { execAttached } = await import("./exec.ts");
      return execAttached(ctx, name, request, { streams, ...(signal === undefined ? {} : { signal }) });
    },
    execDetached: async (...args) => (await import("./exec.ts")).execDetached(ctx, ...args),
    ports: async (name) => (await import("./ports.ts")).publishedPorts(ctx, name),
    cleanup: async (...args) => (await import("./cleanup.ts")).cleanupContainers(ctx, ...args),
    commit: async (name, request, progress, signal) => {
      const { commitContainer } = await import("./commit.ts");
      return commitContainer(ctx, name, request, { progress, ...(signal === undefined ? {} : { signal }) });
    },
    pause: async (selection) => (await import("./pause.ts")).pauseContainers(ctx, selection),
    unpause: async (selection) => (await import("./unpause.ts")).unpauseContainers(ctx, selection),
    prune: async (filters) => (await import("./prune.ts")).pruneContainers(ctx, filters),
    update: async (...args) => (await import("./update.ts")).updateContainer(ctx, ...args),
    checkHealth: async (name) => (await import("./health/check-health.ts")).checkHealth(ctx, name),
    clone: (...args) => ctx.views.clone(...args),
    rename: async (...args) => (await import("./rename.ts")).renameContainer(ctx, ...args),
  };
}
