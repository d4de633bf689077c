/** ContainersApi wired: looking needs next to nothing, so that `ps` does not pay for the rest. */
import { once } from "../base/once.ts";
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import { listContainers } from "../container/list.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";
import { viewContext } from "./views.ts";

export function wireContainers(core: Core, wiring: Wiring): ContainersApi {
  const views = viewContext(core);
  const list: ContainersApi["list"] = async (options) => listContainers(views, options);
  const inspect: ContainersApi["inspect"] = async (name, options) => {
    const { inspectContainer } = await import("../container/inspect.ts");
    return inspectContainer(views, name, options);
  };
  const verbs = once(async () => {
    const { wireContainerVerbs } = await import("./container-verbs.ts");
    return wireContainerVerbs(core, wiring, { list, inspect });
  });
  return {
    list,
    inspect,
    exists: async (name) => (await import("../container/exists.ts")).containerExists(core, name),
    create: async (...args) => (await verbs()).create(...args),
    start: async (...args) => (await verbs()).start(...args),
    startAttached: async (...args) => (await verbs()).startAttached(...args),
    attach: async (...args) => (await verbs()).attach(...args),
    stop: async (...args) => (await verbs()).stop(...args),
    restart: async (...args) => (await verbs()).restart(...args),
    kill: async (...args) => (await verbs()).kill(...args),
    remove: async (...args) => (await verbs()).remove(...args),
    wait: async (...args) => (await verbs()).wait(...args),
    logs: async function* logs(...args) {
      yield* (await verbs()).logs(...args);
    },
    exec: async (...args) => (await verbs()).exec(...args),
    execAttached: async (...args) => (await verbs()).execAttached(...args),
    execDetached: async (...args) => (await verbs()).execDetached(...args),
    ports: async (...args) => (await verbs()).ports(...args),
    cleanup: async (...args) => (await verbs()).cleanup(...args),
    commit: async (...args) => (await verbs()).commit(...args),
    pause: async (...args) => (await verbs()).pause(...args),
    unpause: async (...args) => (await verbs()).unpause(...args),
    prune: async (...args) => (await verbs()).prune(...args),
    update: async (...args) => (await verbs()).update(...args),
    checkHealth: async (...args) => (await verbs()).checkHealth(...args),
    clone: async (...args) => (await verbs()).clone(...args),
    rename: async (...args) => (await verbs()).rename(...args),
  };
}
