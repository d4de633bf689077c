/** The directories <root>/layers/<chainID> in which layers stand, of either kind. */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { namesIn } from "../../base/if-there.ts";
import type { LayerRecord } from "../../ports/image-record.ts";
import { isErrno } from "../sys/libc.ts";
import { imageFile } from "./erofs/layer-files.ts";
import { readRoot, type RootOwner } from "./erofs/root-inode.ts";
import { layerDirectory, layersDirectory, mappedDirectory } from "./layer-paths.ts";
import type { LockedArea, LockedStaging } from "./staging.ts";

const CHAIN_ID = /^[0-9a-f]{64}$/;

export class LayerDirectories {
  readonly #root: string;
  readonly #layers: string;
  readonly #staging: LockedStaging;

  constructor(root: string, staging: LockedStaging) {
    this.#root = root;
    this.#layers = layersDirectory(root);
    this.#staging = staging;
  }

  /** What kind of layer stands there; undefined: none. */
  async kindOf(chainId: string): Promise<LayerRecord["sink"] | undefined> {
    checkChainId(chainId);
    if ((await typeOf(imageFile(this.#root, chainId))) === "file") return "erofs";
    return (await typeOf(layerDirectory(this.#root, chainId))) === "directory" ? "dir" : undefined;
  }

  /** Owner and mode of a layer's root directory. */
  async rootOf(chainId: string): Promise<RootOwner> {
    if ((await this.kindOf(chainId)) === "erofs") return readRoot(imageFile(this.#root, chainId));
    const { uid, gid, mode } = await stat(layerDirectory(this.#root, chainId));
    return { uid, gid, mode: mode & 0o7777 };
  }

  /** Gives a layer that is on the disk its name, which outlasts a power cut when this is done. */
  async place(directory: string, chainId: string, area: LockedArea): Promise<void> {
    checkChainId(chainId);
    await mkdir(this.#layers, { recursive: true, mode: 0o700 });
    syncDirectory(directory);
    await renameOver(directory, `${this.#layers}/${chainId}`, `${area.path}/old`);
    syncDirectory(this.#layers);
  }

  /** One that is not there is no error. */
  async remove(chainId: string): Promise<void> {
    checkChainId(chainId);
    await using area = await this.#staging.open();
    // First out of sight, then away: a removal that is killed half-way leaves no half layer. What refers to it goes first.
    await renameIfThere(`${mappedDirectory(this.#root)}/${chainId}`, `${area.path}/mapped`);
    await renameIfThere(`${this.#layers}/${chainId}`, `${area.path}/layer`);
  }

  /** Also those of which only copies with other owners are left. */
  async list(): Promise<string[]> {
    const found = [this.#layers, mappedDirectory(this.#root)].flatMap((directory) => namesIn(directory));
    return [...new Set(found)].filter((name) => CHAIN_ID.test(name));
  }
}

export function checkChainId(chainId: string): void {
  if (!CHAIN_ID.test(chainId)) throw new RangeError(`not a chainID: ${chainId}`);
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

async function typeOf(path: string): Promise<"file" | "directory" | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? "file" : found.isDirectory() ? "directory" : undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
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

function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
