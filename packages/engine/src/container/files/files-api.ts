/** FilesApi: each method is the verb's file, loaded when it is first called. */
import type { FilesApi } from "@podwright/spec/engine-api/files";
import type { FilesContext } from "./context.ts";

export function createFilesApi(ctx: FilesContext): FilesApi {
  const diff = async (kind: "any" | "container" | "image", name: string, other?: string) =>
    (await import("./diff.ts")).diffFiles(ctx, kind, { name, ...(other === undefined ? {} : { other }) });
  const interrupted = (signal: AbortSignal | undefined): { signal?: AbortSignal } =>
    signal === undefined ? {} : { signal };
  return {
    diff: (name, other) => diff("any", name, other),
    containerDiff: (name, other) => diff("container", name, other),
    imageDiff: (name, other) => diff("image", name, other),
    export: async (name, sink, signal) =>
      (await import("./export.ts")).exportContainer(ctx, name, { sink, ...interrupted(signal) }),
    copyOut: async (from, options, sink, signal) =>
      (await import("./copy.ts")).copyOut(ctx, from, { ...options, sink, ...interrupted(signal) }),
    copyIn: async (to, archive, options, signal) =>
      (await import("./copy.ts")).copyIn(ctx, to, { archive, options, ...interrupted(signal) }),
    stat: async (place) => (await import("./copy.ts")).statPath(ctx, place),
    mount: async (selection) => (await import("./mount.ts")).mountContainers(ctx, selection),
    unmount: async (selection, options) =>
      (await import("./mount.ts")).unmountContainers(ctx, selection, options),
    mounted: async () => (await import("./mount.ts")).mountedContainers(ctx),
  };
}
