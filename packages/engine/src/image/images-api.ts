/** The image verbs as the engine offers them. Each verb's code is loaded when it is first used. */
import type {
  ImageHistoryLayer,
  ImageInspect,
  ImagesApi,
  ImageSelection,
  ImageSummary,
  ImageTree,
  ImportRequest,
  MountedImage,
  PullProgress,
  PullRequest,
  PushRequest,
  RemovedImage,
  RemoveImagesOptions,
  SaveRequest,
} from "@podwright/spec/engine-api/images";
import type { Filters, Outcome } from "@podwright/spec/engine-api/common";
import type { ImageContext } from "./context.ts";

type Progress = (event: PullProgress) => void;

export class EngineImages implements ImagesApi {
  readonly #ctx: ImageContext;

  constructor(ctx: ImageContext) {
    this.#ctx = ctx;
  }

  async pull(request: PullRequest, progress: Progress, signal?: AbortSignal): Promise<string[]> {
    const { pullImages } = await import("./pull.ts");
    const images = await pullImages(this.#ctx, request, { progress, signal });
    return images.map(({ id }) => id);
  }

  async list(
    filters: Filters,
    options: { readonly all: boolean; readonly name?: string },
  ): Promise<ImageSummary[]> {
    const { listImages } = await import("./list.ts");
    return listImages(this.#ctx, filters, options);
  }

  async inspect(nameOrId: string): Promise<ImageInspect> {
    const { inspectImage } = await import("./inspect.ts");
    return inspectImage(this.#ctx, nameOrId);
  }

  async exists(nameOrId: string): Promise<boolean> {
    const { findImage } = await import("./resolve.ts");
    return findImage(this.#ctx, nameOrId) !== undefined;
  }

  async history(nameOrId: string): Promise<ImageHistoryLayer[]> {
    const { imageHistory } = await import("./history.ts");
    return imageHistory(this.#ctx, nameOrId);
  }

  async tree(nameOrId: string, options: { readonly children: boolean }): Promise<ImageTree> {
    const { imageTree } = await import("./tree.ts");
    return imageTree(this.#ctx, nameOrId, options);
  }

  async remove(
    namesOrIds: readonly string[],
    options: RemoveImagesOptions & { readonly all: boolean },
  ): Promise<RemovedImage[]> {
    const { removeImages } = await import("./remove.ts");
    return await removeImages(this.#ctx, namesOrIds, options);
  }

  async tag(nameOrId: string, names: readonly string[]): Promise<void> {
    const { tagImage } = await import("./tag.ts");
    tagImage(this.#ctx, nameOrId, names);
  }

  async untag(nameOrId: string, names: readonly string[]): Promise<void> {
    const { untagImage } = await import("./tag.ts");
    untagImage(this.#ctx, nameOrId, names);
  }

  async load(source: string, progress: Progress, signal?: AbortSignal): Promise<string[]> {
    const { loadImages } = await import("./load.ts");
    return await loadImages(this.#ctx, source, { progress, signal });
  }

  async push(request: PushRequest, progress: Progress, signal?: AbortSignal): Promise<string> {
    const { pushImage } = await import("./push.ts");
    return await pushImage(this.#ctx, request, { progress, signal });
  }

  async save(request: SaveRequest, progress: Progress, signal?: AbortSignal): Promise<void> {
    const { saveImages } = await import("./save.ts");
    await saveImages(this.#ctx, request, { progress, signal });
  }

  async import(request: ImportRequest, progress: Progress, signal?: AbortSignal): Promise<string> {
    const { importImage } = await import("./import.ts");
    return (await importImage(this.#ctx, request, { progress, signal })).id;
  }

  async prune(filters: Filters, options: { readonly all: boolean }): Promise<RemovedImage[]> {
    const { pruneImages } = await import("./prune.ts");
    return await pruneImages(this.#ctx, filters, options);
  }

  async mount(selection: ImageSelection): Promise<MountedImage[]> {
    const { mountImages } = await import("./mount.ts");
    return await mountImages(this.#ctx, selection);
  }

  async unmount(selection: ImageSelection): Promise<Outcome[]> {
    const { unmountImages } = await import("./mount.ts");
    return await unmountImages(this.#ctx, selection);
  }

  async mounted(): Promise<MountedImage[]> {
    const { mountedImages } = await import("./mount.ts");
    return await mountedImages(this.#ctx);
  }
}
