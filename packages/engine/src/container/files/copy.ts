/** `cp`: files of one container out and in, as tars. */
import type { ByteSink } from "@podwright/spec/engine-api/common";
import type {
  ContainerPath,
  CopyInOptions,
  CopyOutOptions,
  PathStat,
} from "@podwright/spec/engine-api/files";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { FilesContext } from "./context.ts";
import { openPlace, type Place } from "./place.ts";

/** Of the top of a running container's tree: the kernel's own file systems. */
const NOT_COPIED = ["dev", "proc", "sys"];

export async function statPath(ctx: FilesContext, at: ContainerPath): Promise<PathStat> {
  await using place = await openPlace(ctx, at, "read");
  return place.stat();
}

/** @throws FILES_NOT_FOUND */
export async function copyOut(
  ctx: FilesContext,
  from: ContainerPath,
  { name, sparse, sink, signal }: CopyOutOptions & { readonly sink: ByteSink; readonly signal?: AbortSignal },
): Promise<void> {
  await using place = await openPlace(ctx, from, "read");
  const owner = ownerOf(place);
  const chunks = place.tree.read(place.path, {
    name,
    crossMounts: true,
    ...(owner === undefined ? {} : { owner }),
    ...(place.ids === undefined ? {} : { ids: place.ids }),
    ...(place.stat().target === "/" ? { skip: NOT_COPIED } : {}),
    ...(sparse === undefined ? {} : { sparse }),
  });
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    await sink(chunk);
  }
}

/** As Podman has it, a copy belongs to the container's user, whoever owned the file. */
function ownerOf(place: Place): { readonly uid: number; readonly gid: number } | undefined {
  try {
    const { uid, gid } = place.user();
    return { uid, gid };
  } catch (error) {
    // Its passwd file has changed since: no reason to keep the files from anybody.
    if (isEngineError(error, "CONTAINER_USER_UNKNOWN", "CONTAINER_ROOTFS_INVALID")) return undefined;
    throw error;
  }
}

/** @throws FILES_NOT_FOUND, FILES_COPY_FAILED, CONTAINER_USER_UNKNOWN */
export async function copyIn(
  ctx: FilesContext,
  to: ContainerPath,
  {
    archive,
    options,
    signal,
  }: {
    readonly archive: AsyncIterable<Uint8Array>;
    readonly options: CopyInOptions;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  await using place = await openPlace(ctx, to, "write");
  const user = options.chown ? place.user() : undefined;
  await place.tree.write(place.path, archive, {
    overwrite: options.overwrite,
    ...(user === undefined ? {} : { owner: { uid: user.uid, gid: user.gid } }),
    ...(place.ids === undefined ? {} : { ids: place.ids }),
    ...(signal === undefined ? {} : { signal }),
    onSkipped: (path) =>
      ctx.containers.log.warn(`not copied, since it is a device: ${place.inContainer(path)}`),
  });
}
