/** FilesApi wired. */
import type { FilesApi } from "@podwright/spec/engine-api/files";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { FilesContext } from "../container/files/context.ts";
import { createFilesApi } from "../container/files/files-api.ts";
import { inspectContainer } from "../container/inspect.ts";
import { listContainers } from "../container/list.ts";
import { OverlayChanges } from "../host/layers/changes/layer-changes.ts";
import { KernelTrees } from "../host/layers/copy/open-trees.ts";
import { containerContext, prepareContext } from "./container-verbs.ts";
import type { Core } from "./core.ts";
import { viewContext } from "./views.ts";
import type { Wiring } from "./wiring.ts";

export async function wireFiles(core: Core, wiring: Wiring): Promise<FilesApi> {
  return createFilesApi(await filesContext(core, wiring));
}

async function filesContext(core: Core, wiring: Wiring): Promise<FilesContext> {
  const views = viewContext(core);
  return {
    containers: await containerContext(core, wiring, {
      list: async (options) => listContainers(views, options),
      inspect: async (name, options) => inspectContainer(views, name, options),
    }),
    prepare: await prepareContext(core, wiring, await wiring.sandboxNetwork()),
    openTrees: new KernelTrees(),
    layerChanges: new OverlayChanges(),
    findImage: async (nameOrId) => {
      const { summary } = await (await wiring.images()).inspect(nameOrId);
      const record = core.store.images.get(summary.id);
      if (record !== undefined) return record;
      throw new EngineError("IMAGE_NOT_KNOWN", `${nameOrId}: image not known`);
    },
  };
}
