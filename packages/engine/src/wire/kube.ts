/** KubeApi wired, and the healing of plays that were killed. */
import type { KubeApi } from "@podwright/spec/engine-api/kube";
import type { KubeContext, TakeBackContext } from "../kube/context.ts";
import { kubeApi } from "../kube/kube-api.ts";
import { addVolume, furnishVolume } from "../volume/create.ts";
import type { Core } from "./core.ts";
import { presentImage } from "./present-image.ts";
import { volumeContext } from "./volumes.ts";
import type { Wiring } from "./wiring.ts";

export function wireKube(core: Core, wiring: Wiring): KubeApi {
  const volumes = volumeContext(core, wiring);
  const ctx: KubeContext = {
    ...takeBackContext(core, wiring),
    clock: core.clock,
    ids: core.ids,
    uid: core.settings.uid,
    settings: core.settings,
    self: core.self,
    pods: wiring.pods,
    containers: wiring.containers,
    images: wiring.images,
    imageIsPresent: (request) => presentImage(core, request) !== undefined,
    volumes: wiring.volumes,
    addVolume: (request) => addVolume(volumes, request),
    furnishVolume: (record) => furnishVolume(volumes, record),
    networks: wiring.networks,
    secrets: wiring.secrets,
    healed: wiring.podsHealed,
    generating: async () => (await import("./kube-generate.ts")).generateContext(core),
  };
  return kubeApi(ctx);
}

function takeBackContext(core: Core, wiring: Wiring): TakeBackContext {
  const { store, locks, log, processes } = core;
  return {
    store,
    locks,
    log,
    processes,
    pods: wiring.podVerbs,
    containers: wiring.containers,
    volumes: wiring.volumes,
    networks: wiring.networks,
    secrets: wiring.secrets,
  };
}

/** What killed plays left is taken back; loads nothing where there are none. */
export async function wirePlayHealing(core: Core, wiring: Wiring): Promise<void> {
  const { healPlays } = await import("../kube/heal.ts");
  await healPlays(takeBackContext(core, wiring), core.store.plays.list());
}
