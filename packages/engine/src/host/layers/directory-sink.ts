/** Sink 1: a layer is a directory <root>/layers/<chainID>/diff, unpacked by a process confined to its stage. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, fsyncSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { chmod, chown } from "node:fs/promises";
import type { LayerSink, StagedLayer, StageRequest } from "../../ports/layer-sink.ts";
import { setXattrOf } from "../sys/byte-files.ts";
import { openInRoot } from "../sys/openat2.ts";
import { isErrno } from "../sys/libc.ts";
import type { RootOwner } from "./erofs/root-inode.ts";
import { checkChainId, LayerDirectories } from "./layer-directories.ts";
import { layerDirectory } from "./layer-paths.ts";
import type { LockedArea, LockedStaging } from "./staging.ts";
import { runUnpack } from "./run-unpack.ts";
import { SKELETON_NAME } from "./skeleton/format.ts";
import { fileMarksOf, OPAQUE_NAME, overlayMarks } from "../sys/overlay-marks.ts";

/** Mode of the root directory of a layer that has no entry for it, as overlay stores of Podman have it. */
const IMPLIED_ROOT_MODE = 0o555;

export class DirectorySink implements LayerSink {
  readonly #root: string;
  readonly #staging: LockedStaging;
  readonly #directories: LayerDirectories;
  readonly #unpackCommand: readonly string[];

  /** `unpackCommand` starts the confined process; the directory is added to it. */
  constructor(root: string, staging: LockedStaging, unpackCommand: readonly string[]) {
    this.#root = root;
    this.#staging = staging;
    this.#directories = new LayerDirectories(root, staging);
    this.#unpackCommand = unpackCommand;
  }

  async stage(request: StageRequest): Promise<StagedLayer> {
    const area = await this.#staging.open();
    try {
      const diff = `${area.path}/layer/diff`;
      mkdirSync(diff, { recursive: true, mode: 0o755 });
      await chmod(diff, IMPLIED_ROOT_MODE);
      const result = await runUnpack({
        command: [...this.#unpackCommand, diff],
        request,
        keepOpen: area.fd,
        resultFile: `${area.path}/result`,
        skeletonFile: `${area.path}/layer/${SKELETON_NAME}`,
      });
      const byFiles = markOpaque(diff, result.opaque);
      if (byFiles || result.fileMarks) mkdirSync(fileMarksOf(diff), { mode: 0o700 });
      return this.#staged(area, result);
    } catch (error) {
      await area[Symbol.asyncDispose]();
      throw error;
    }
  }

  async has(chainId: string): Promise<boolean> {
    return (await this.#directories.kindOf(chainId)) !== undefined;
  }

  directory(chainId: string): string {
    checkChainId(chainId);
    return layerDirectory(this.#root, chainId);
  }

  remove(chainId: string): Promise<void> {
    return this.#directories.remove(chainId);
  }

  list(): Promise<string[]> {
    return this.#directories.list();
  }

  #staged(
    area: LockedArea,
    result: { readonly diffId: string; readonly size: number; readonly rootSeen: boolean },
  ): StagedLayer {
    return {
      sink: "dir",
      diffId: result.diffId,
      size: result.size,
      commit: async (chainId, parent) => {
        const diff = `${area.path}/layer/diff`;
        if (!result.rootSeen && parent !== "") await setRoot(diff, await this.#directories.rootOf(parent));
        await this.#directories.place(`${area.path}/layer`, chainId, area);
      },
      [Symbol.asyncDispose]: () => area[Symbol.asyncDispose](),
    };
  }
}

async function setRoot(directory: string, { uid, gid, mode }: RootOwner): Promise<void> {
  await chown(directory, uid, gid);
  await chmod(directory, mode);
}

/**
 * Opaque marks are trusted attributes and need CAP_SYS_ADMIN, which the confined process has not. It is gone by
 * now, so nothing moves while the names are looked up, and they are looked up as it saw them. True where the file system
 * takes none, so that files stand in for them.
 */
function markOpaque(diff: string, paths: readonly string[]): boolean {
  if (paths.length === 0) return false;
  if (!lstatSync(diff).isDirectory())
    throw new EngineError("IMAGE_LAYER_INVALID", `${diff}: not a directory`);
  const root = openSync(diff, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const attributes = paths.map((path) => markOne(root, Buffer.from(path, "base64")));
    return attributes.includes(false);
  } finally {
    closeSync(root);
  }
}

/** False where a file had to do. */
function markOne(root: number, path: Buffer): boolean {
  let fd: number;
  try {
    fd = openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // A later entry of the layer replaced the directory.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return true;
    throw error;
  }
  try {
    const marked = setOpaque(fd);
    fsyncSync(fd);
    return marked;
  } finally {
    closeSync(fd);
  }
}

function setOpaque(fd: number): boolean {
  try {
    setXattrOf(fd, overlayMarks().opaque, Buffer.from("y"));
    return true;
  } catch (error) {
    if (!isErrno(error, "ENOTSUP", "EOPNOTSUPP", "EPERM")) throw error;
    closeSync(openSync(`/proc/self/fd/${fd}/${OPAQUE_NAME}`, "w", 0o600));
    return false;
  }
}
