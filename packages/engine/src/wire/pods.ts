/** PodsApi wired: looking apart from doing, as for containers. */
import { once } from "../base/once.ts";
import type { PodsApi } from "@podwright/spec/engine-api/pods";
import { InRootFiles } from "../host/rootfs/in-root.ts";
import type { PodContext, PodHost } from "../pod/context.ts";
import { podVerbs, type PodVerbs } from "../pod/pods-api.ts";
import { currentSandbox, ensureSandbox } from "../pod/sandbox.ts";
import type { SandboxProvider } from "../ports/pod-record.ts";
import type { PidHolder } from "../ports/pid-holder.ts";
import type { Core } from "./core.ts";
import { sweepLocks } from "./sweep-locks.ts";
import { viewContext } from "./views.ts";
import type { Wiring } from "./wiring.ts";

export function wirePods(core: Core, wiring: Wiring): PodsApi {
  const views = viewContext(core);
  const verbs = wirePodVerbs(core, wiring);
  /** What changes something first finishes what killed commands left. */
  const changing =
    <A extends readonly unknown[], R>(verb: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await core.ready();
      await wiring.podsHealed();
      return verb(...args);
    };
  return {
    list: async (filters) => (await import("../pod/list.ts")).listPods(views, filters),
    inspect: async (nameOrId) => (await import("../pod/inspect.ts")).inspectPod(views, nameOrId),
    exists: verbs.exists,
    members: verbs.members,
    logs: verbs.logs,
    wait: verbs.wait,
    pause: changing(verbs.pause),
    unpause: changing(verbs.unpause),
    clone: changing(verbs.clone),
    update: changing(verbs.update),
    prune: changing((...args: Parameters<PodsApi["prune"]>) => {
      sweepLocks(core);
      return verbs.prune(...args);
    }),
    create: changing(verbs.create),
    start: changing(verbs.start),
    stop: changing(verbs.stop),
    restart: changing(verbs.restart),
    kill: changing(verbs.kill),
    remove: changing((...args: Parameters<PodsApi["remove"]>) => {
      sweepLocks(core);
      return verbs.remove(...args);
    }),
  };
}

export function wirePodVerbs(core: Core, wiring: Wiring): PodVerbs {
  return podVerbs(podContext(core, wiring));
}

/** Pods by themselves first, then those of plays; an empty table is all that is looked at where none was killed. */
export async function wirePodHealing(core: Core, wiring: Wiring): Promise<void> {
  await core.ready();
  const { healPods } = await import("../pod/remove.ts");
  await healPods(podContext(core, wiring));
  if (core.store.plays.list().length === 0) return;
  const { wirePlayHealing } = await import("./kube.ts");
  await wirePlayHealing(core, wiring);
}

/** What `container/` knows of pods. */
export function wireSandboxes(core: Core, wiring: Wiring): SandboxProvider {
  const context = once(() => podContext(core, wiring));
  return {
    forCreate: async (nameOrId) => ({ config: core.store.pods.find(nameOrId).config }),
    ensureUp: (podId) => ensureSandbox(context(), podId),
    current: (podId) => currentSandbox(context(), podId),
    memberExited: async (podId, role) =>
      (await import("../pod/exit-policy.ts")).memberExited(context(), podId, role),
    remove: async (podId, options) =>
      (await import("../pod/remove.ts")).removeWithMembers(context(), podId, options),
  };
}

/** What the pod domain works with. */
export function podContext(core: Core, wiring: Wiring): PodContext {
  return {
    env: core.env,
    userns: async () => {
      const { usernsHost } = await import("./userns.ts");
      return usernsHost(core);
    },
    settings: core.settings,
    store: core.store,
    locks: core.locks,
    ids: core.ids,
    clock: core.clock,
    events: core.events,
    supervisor: core.supervisor,
    watchStates: core.watchStates,
    log: core.log,
    processes: core.processes,
    self: core.self,
    list: async (filters) => (await import("../pod/list.ts")).listPods(viewContext(core), filters),
    containers: () => wiring.containers(),
    awaitStartup: async (id) => {
      const { containerContext } = await import("./container-verbs.ts");
      const { awaitStartup } = await import("../container/probes/await-startup.ts");
      return awaitStartup(await containerContext(core, wiring, await wiring.containers()), id);
    },
    host: once(() => podHost(core, wiring)),
  };
}

async function podHost(core: Core, wiring: Wiring): Promise<PodHost> {
  const { namespaces, mounts, cgroups, runtime } = await wiring.host();
  const { config } = core.settings;
  const holder = once(async () => {
    const { CatatonitHolder } = await import("../host/catatonit/catatonit-holder.ts");
    return new CatatonitHolder(runtime(config.runtime), core.processes, config.initPath);
  });
  const lazyHolder: PidHolder = {
    start: async (request) => (await holder()).start(request),
    // Without a trace of a holder none is looked for, and no runtime is needed.
    stop: async (id, directory, identity) => {
      if (identity !== undefined || core.store.pods.get(id)?.config.share.includes("pid") === true) {
        await (await holder()).stop(id, directory, identity);
      }
    },
  };
  const network = await wiring.sandboxNetwork();
  return { namespaces, mounts, cgroups, network, holder: lazyHolder, files: new InRootFiles() };
}
