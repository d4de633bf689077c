/** Sink 1: a layer is a directory <root>/layers/<chainID>/diff, unpacked by a process confined to its stage. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, fsyncSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { chmod, chown, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import type { LayerSink, StagedLayer, StageRequest } from "../../ports/layer-sink.ts";
import { setXattrOf } from "../sys/byte-files.ts";
import { openInRoot } from "../sys/openat2.ts";
import { isErrno } from "../sys/libc.ts";
import { layerDirectory, layersDirectory } from "./layer-paths.ts";
import type { LockedArea, LockedStaging } from "./staging.ts";
import { runUnpack } from "./run-unpack.ts";
import { SKELETON_NAME } from "./skeleton/format.ts";

/** Mode of the root directory of a layer that has no entry for it, as overlay stores of Podman have it. */
const IMPLIED_ROOT_MODE = 0o555;
const CHAIN_ID = /^[0-9a-f]{64}$/;

export class DirectorySink implements LayerSink {
  readonly kind = "dir";
  readonly #root: string;
  readonly #layers: string;
  readonly #staging: LockedStaging;
  readonly #unpackCommand: readonly string[];

  /** `unpackCommand` starts the confined process; the directory is added to it. */
  constructor(root: string, staging: LockedStaging, unpackCommand: readonly string[]) {
    this.#root = root;
    this.#layers = layersDirectory(root);
    this.#staging = staging;
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
      markOpaque(diff, result.opaque);
      return this.#staged(area, result);
    } catch (error) {
      await area[Symbol.asyncDispose]();
      throw error;
    }
  }

  async has(chainId: string): Promise<boolean> {
    try {
      return (await stat(this.directory(chainId))).isDirectory();
    } catch (error) {
      if (isErrno(error, "ENOENT")) return false;
      throw error;
    }
  }

  directory(chainId: string): string {
    checkChainId(chainId);
    return layerDirectory(this.#root, chainId);
  }

  async remove(chainId: string): Promise<void> {
    await using area = await this.#staging.open();
    try {
      // First out of sight, then away: a removal that is killed half-way leaves no half layer.
      await rename(this.#path(chainId), `${area.path}/layer`);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }

  async list(): Promise<string[]> {
    try {
      return (await readdir(this.#layers)).filter((name) => CHAIN_ID.test(name));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return [];
      throw error;
    }
  }

  #path(chainId: string): string {
    checkChainId(chainId);
    return `${this.#layers}/${chainId}`;
  }

  #staged(
    area: LockedArea,
    result: { readonly diffId: string; readonly size: number; readonly rootSeen: boolean },
  ): StagedLayer {
    return {
      diffId: result.diffId,
      size: result.size,
      commit: async (chainId, parent) => {
        const diff = `${area.path}/layer/diff`;
        if (!result.rootSeen && parent !== "") await copyOwnerAndMode(this.directory(parent), diff);
        await mkdir(this.#layers, { recursive: true, mode: 0o700 });
        await renameOver(`${area.path}/layer`, this.#path(chainId), `${area.path}/old`);
        syncDirectory(this.#layers);
      },
      [Symbol.asyncDispose]: () => area[Symbol.asyncDispose](),
    };
  }
}

function checkChainId(chainId: string): void {
  if (!CHAIN_ID.test(chainId)) throw new RangeError(`not a chainID: ${chainId}`);
}

async function copyOwnerAndMode(from: string, to: string): Promise<void> {
  const { uid, gid, mode } = await stat(from);
  await chown(to, uid, gid);
  await chmod(to, mode & 0o7777);
}

/** What stands under the name without a record is the rest of a killed pull. */
async function renameOver(from: string, to: string, aside: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
    await rm(aside, { recursive: true, force: true });
    await rename(to, aside);
    await rename(from, to);
  }
}

/**
 * Opaque marks are trusted attributes and need CAP_SYS_ADMIN, which the confined process has not. It is gone by
 * now, so nothing moves while the names are looked up, and they are looked up as it saw them.
 */
function markOpaque(diff: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  if (!lstatSync(diff).isDirectory())
    throw new EngineError("IMAGE_LAYER_INVALID", `${diff}: not a directory`);
  const root = openSync(diff, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const path of paths) markOne(root, Buffer.from(path, "base64"));
  } finally {
    closeSync(root);
  }
}

function markOne(root: number, path: Buffer): void {
  let fd: number;
  try {
    fd = openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // A later entry of the layer replaced the directory.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
    throw error;
  }
  try {
    setXattrOf(fd, "trusted.overlay.opaque", Buffer.from("y"));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
