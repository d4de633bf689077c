/** Mounts a layer's image, with its archive as a device, where nobody sees it. */
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { FileSystemContext, MOUNT_ATTR } from "../../sys/file-system.ts";
import { IMAGE_NAME, SPARSE_NAME, TAR_NAME } from "./layer-files.ts";

/** Bytes of an option's value that the kernel takes. */
const LONGEST_VALUE = 255;
/** Its devices and set-uid programs work in the overlay above, which is what a container has. */
const ATTRIBUTES = MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV;

/**
 * The detached mount of what stands in a layer's directory; whoever gets it closes it.
 * @throws HOST_CALL_FAILED with `details.errno`: ENODEV without EROFS, ENOTBLK where files cannot back it, EPERM
 */
export function mountImage(directory: string): number {
  if (Buffer.byteLength(`${directory}/${SPARSE_NAME}`) <= LONGEST_VALUE) return mountNear(directory);
  // /proc/mounts does not read well then.
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return mountNear(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

function mountNear(directory: string): number {
  const sparse = `${directory}/${SPARSE_NAME}`;
  using context = new FileSystemContext("erofs");
  context.setString("source", `${directory}/${IMAGE_NAME}`);
  context.setString("device", `${directory}/${TAR_NAME}`);
  if (existsSync(sparse)) context.setString("device", sparse);
  context.setFlag("ro");
  return context.mount(ATTRIBUTES);
}
