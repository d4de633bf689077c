/** What reading and writing files of containers needs beside what containers need anyway. */
import type { ImageRecord } from "../../ports/image-record.ts";
import type { LayerChanges } from "../../ports/layer-changes.ts";
import type { Trees } from "../../ports/open-tree.ts";
import type { ContainerContext } from "../context.ts";
import type { PrepareContext } from "../prepare-context.ts";

export interface FilesContext {
  readonly containers: ContainerContext;
  readonly prepare: PrepareContext;
  readonly openTrees: Trees;
  readonly layerChanges: LayerChanges;
  /** @throws IMAGE_NOT_KNOWN */
  readonly findImage: (nameOrId: string) => Promise<ImageRecord>;
}
