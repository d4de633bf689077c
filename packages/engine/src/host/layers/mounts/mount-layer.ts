/** A layer's EROFS image mounted: its files' content is in other files beside it, which the kernel reads itself. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, existsSync, openSync } from "node:fs";
import { attachMount, FileSystemContext, MOUNT_ATTR } from "../../sys/file-system.ts";
import { isErrno } from "../../sys/libc.ts";
import { imageFile, SPARSE_NAME, TAR_NAME } from "../erofs/layer-files.ts";
import { layersDirectory } from "../layer-paths.ts";

/** What the kernel takes as a value. */
const LONGEST_VALUE = 255;
/** An image's devices and set-uid programs work in the overlay above, which is what a container has. */
const ATTRIBUTES = MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV;

/** @throws IMAGE_LAYER_INVALID */
export function mountLayer(root: string, chainId: string, target: string): void {
  const mount = openMountedLayer(root, chainId);
  try {
    attachMount(mount, target);
  } finally {
    closeSync(mount);
  }
}

/** A descriptor of the layer's root directory, of a mount that nobody else sees. @throws IMAGE_LAYER_INVALID */
export function openMountedLayer(root: string, chainId: string): number {
  const directory = `${layersDirectory(root)}/${chainId}`;
  const sparse = `${directory}/${SPARSE_NAME}`;
  using paths = new ShortPaths();
  try {
    using context = new FileSystemContext("erofs");
    context.setString("source", paths.of(imageFile(root, chainId)));
    context.setString("device", paths.of(`${directory}/${TAR_NAME}`));
    if (existsSync(sparse)) context.setString("device", paths.of(sparse));
    context.setFlag("ro");
    return context.mountDetached(ATTRIBUTES);
  } catch (error) {
    if (!(error instanceof Error) || !isErrno(error, "ENOENT", "EINVAL", "EUCLEAN", "EIO")) throw error;
    throw new EngineError("IMAGE_LAYER_INVALID", `layer ${chainId} cannot be mounted: ${error.message}`, {
      cause: error,
      hint: "pull the image again",
    });
  }
}

/** Paths that the kernel takes in mount options; those that are too long stand open meanwhile. */
class ShortPaths implements Disposable {
  readonly #open: number[] = [];

  of(path: string): string {
    if (Buffer.byteLength(path) <= LONGEST_VALUE) return path;
    const fd = openSync(path, "r");
    this.#open.push(fd);
    return `/proc/self/fd/${fd}`;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) closeSync(fd);
  }
}
