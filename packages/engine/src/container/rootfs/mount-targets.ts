/** Checks of the image at the places where the runtime is going to mount. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RootFiles } from "../../ports/root-files.ts";

const SYSTEM_TARGETS: readonly string[] = ["/dev", "/proc", "/sys"];

/**
 * An image whose /dev, /proc or /sys is a link has led runtimes to mount elsewhere (CVE-2026-47766, -88264).
 * @throws CONTAINER_ROOTFS_INVALID
 */
export function checkSystemTargets(files: RootFiles, root: string): void {
  for (const path of SYSTEM_TARGETS) {
    const kind = files.kind(root, path);
    if (kind === undefined || kind === "directory") continue;
    const what = kind === "link" ? "a symbolic link" : "not a directory";
    throw new EngineError("CONTAINER_ROOTFS_INVALID", `${path} in the container's image is ${what}`);
  }
}
