/** VolumesApi wired. */
import type { VolumesApi } from "@podwright/spec/engine-api/volumes";
import type { VolumeContext } from "../volume/context.ts";
import { volumesApi } from "../volume/volumes-api.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";

export function wireVolumes(core: Core, wiring: Wiring): VolumesApi {
  return volumesApi(volumeContext(core, wiring));
}

export function volumeContext(
  { settings, store, locks, ids, clock, events, log }: Core,
  wiring: Wiring,
): VolumeContext {
  return {
    settings,
    store,
    locks,
    ids,
    clock,
    events,
    log,
    openTree: async (directory) => {
      const { KernelTrees } = await import("../host/layers/copy/open-trees.ts");
      return new KernelTrees().open(directory);
    },
    removeContainers: async (names, timeout) => {
      const options = { force: true, ignore: true, volumes: true, depend: true };
      return (await wiring.containers()).remove(
        { names, all: false },
        timeout === undefined ? options : { ...options, timeout },
      );
    },
  };
}
