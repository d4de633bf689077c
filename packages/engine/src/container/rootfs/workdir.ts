/** The working directory: where it really is in the image, made when the image itself names it. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isWithin } from "@podwright/spec/values/container-path";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { RootFiles } from "../../ports/root-files.ts";
import type { ResolvedUser } from "./user.ts";

/** File systems of the kernel: a working directory there could be a door to the host (CVE-2024-21626). */
const KERNEL_TREES: readonly string[] = ["/proc", "/sys"];

export interface WorkdirRequest {
  readonly config: ContainerConfig;
  readonly user: ResolvedUser;
}

/**
 * Gives the path for `process.cwd`. Below a mount nothing is checked: the runtime sees what is there.
 * @throws CONTAINER_WORKDIR_INVALID (exit 126)
 */
export function prepareWorkdir(files: RootFiles, root: string, { config, user }: WorkdirRequest): string {
  const asked = config.process.workdir;
  const resolved = files.resolve(root, asked);
  refuseKernelTrees(asked, resolved);
  if (config.mounts.some((mount) => isWithin(resolved, mount.destination))) return resolved;
  const kind = files.kind(root, resolved);
  if (kind === "directory") return resolved;
  if (kind !== undefined) {
    throw invalid(
      `workdir ${JSON.stringify(asked)} exists on container ${config.id}, but is not a directory`,
    );
  }
  // The runtime makes it on the way to a mount below.
  if (config.mounts.some((mount) => isWithin(mount.destination, resolved))) return resolved;
  if (config.process.createWorkdir !== true) {
    // The runtime makes the way to a mount point.
    if (config.mounts.some((mount) => isWithin(mount.destination, resolved))) return resolved;
    throw invalid(`workdir ${JSON.stringify(asked)} does not exist on container ${config.id}`);
  }
  files.makeDirectory(root, resolved, { uid: user.uid, gid: user.gid, mode: 0o755 });
  return resolved;
}

/** For exec: the container runs, so the runtime finds out what is missing; the doors are shut here. */
export function checkExecWorkdir(files: RootFiles, root: string, path: string): void {
  refuseKernelTrees(path, files.resolve(root, path));
}

function refuseKernelTrees(asked: string, resolved: string): void {
  if (!KERNEL_TREES.some((tree) => resolved !== tree && isWithin(resolved, tree))) return;
  throw invalid(`workdir ${JSON.stringify(asked)} leads into ${resolved}: not allowed`);
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_WORKDIR_INVALID", message);
}
