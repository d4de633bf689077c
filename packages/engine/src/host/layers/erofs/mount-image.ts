/** Mounts a layer's image, with its archive as a device, where nobody sees it. */
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { FileSystemContext } from "../../sys/file-system.ts";
import { IMAGE_NAME, SPARSE_NAME, TAR_NAME } from "./layer-files.ts";

const MOUNT_ATTR = { RDONLY: 1, NOSUID: 2, NODEV: 4 } as const;

/**
 * The detached mount of what stands in a layer's directory; whoever gets it closes it.
 * @throws HOST_CALL_FAILED with `details.errno`: ENODEV without EROFS, ENOTBLK where files cannot back it, EPERM
 */
export function mountImage(directory: string): number {
  // Options have at most 255 bytes, and a path may be longer: the kernel goes by the descriptor.
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const near = `/proc/self/fd/${fd}`;
    using context = new FileSystemContext("erofs");
    context.setString("source", `${near}/${IMAGE_NAME}`);
    context.setString("device", `${near}/${TAR_NAME}`);
    if (existsSync(`${near}/${SPARSE_NAME}`)) context.setString("device", `${near}/${SPARSE_NAME}`);
    context.setFlag("ro");
    return context.mount(MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV);
  } finally {
    closeSync(fd);
  }
}
