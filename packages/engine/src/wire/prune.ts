/** `system prune` wired to the nouns' own prunes. */
import type { SystemPruneOptions, SystemPruneReport } from "@podwright/spec/engine-api/system";
import { treeSize } from "../host/files/tree-size.ts";
import { pruneSystem as prune } from "../system/prune.ts";
import { volumePath } from "../volume/context.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";

export async function pruneSystem(
  core: Core,
  wiring: Wiring,
  options: SystemPruneOptions,
): Promise<SystemPruneReport> {
  await core.ready();
  const { store, settings } = core;
  return await prune(
    {
      pods: async () => (await wiring.pods()).prune({}),
      containers: async (filters) => (await wiring.containers()).prune(filters),
      images: async (filters, { all }) => (await wiring.images()).prune(filters, { all }),
      networks: async (filters) => (await wiring.networks()).prune(filters),
      volumes: async (filters) => (await wiring.volumes()).prune(filters, { all: true }),
      imagesSize: () => store.images.layers().reduce((total, { size }) => total + size, 0),
      volumeSizes: () =>
        new Map(store.volumes.list().map(({ name }) => [name, treeSize(volumePath(settings, name))])),
    },
    options,
  );
}
