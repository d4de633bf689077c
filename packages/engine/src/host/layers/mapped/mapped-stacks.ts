/**
 * Stacks of layers with other owners, for those who cannot mount them so: each made once for a map, at
 * `<root>/mapped/<chainID of the highest layer>/<map>`, and removed with that layer.
 */
import type { IdMapping, IdMappings } from "@podwright/spec/values/id-map";
import { closeSync, constants, existsSync, mkdirSync, openSync, realpathSync, renameSync } from "node:fs";
import { syncFileSystem } from "../../sys/byte-files.ts";
import { layerDirectory, layersDirectory, mappedDirectory } from "../layer-paths.ts";
import { lockDirectory, removeIfEmpty } from "../mounts/directory-lock.ts";
import { LockedStaging } from "../staging.ts";
import { closeAll, type Source } from "./merged-names.ts";
import { canRefer } from "./refer-probe.ts";
import { copyTree } from "./tree-copy.ts";

export interface MappedStackOptions {
  readonly root: string;
  /** False: whoever mounts it follows no references. */
  readonly references: boolean;
}

export interface MappedStack {
  /** What to mount, the lowest first. */
  readonly lower: readonly string[];
  /** Where files of it have their data. */
  readonly data?: string;
}

type Kind = "references" | "data";

const LAYER = /^\/([0-9a-f]{64})\/diff$/;

/** Those of `lower` that are layers of the store, from the lowest on, become one directory; others stay as they are. */
export async function mappedStack(
  options: MappedStackOptions,
  lower: readonly string[],
  mappings: IdMappings,
): Promise<MappedStack> {
  const chain: string[] = [];
  for (const path of lower) {
    const chainId = chainIdOf(options.root, path);
    if (chainId === undefined) break;
    chain.push(chainId);
  }
  if (chain.length === 0) return { lower };
  const { path, kind } = await new MappedTree(options, chain, mappings).find();
  return {
    lower: [path, ...lower.slice(chain.length)],
    ...(kind === "references" ? { data: layersDirectory(options.root) } : {}),
  };
}

/** It may be a descriptor's path. */
function chainIdOf(root: string, path: string): string | undefined {
  const layers = realpathSync(layersDirectory(root));
  const real = realpathSync(path);
  return real.startsWith(layers) ? LAYER.exec(real.slice(layers.length))?.[1] : undefined;
}

class MappedTree {
  readonly #options: MappedStackOptions;
  readonly #chain: readonly string[];
  readonly #mappings: IdMappings;
  readonly #holder: string;

  constructor(options: MappedStackOptions, chain: readonly string[], mappings: IdMappings) {
    this.#options = options;
    this.#chain = chain;
    this.#mappings = mappings;
    this.#holder = `${mappedDirectory(options.root)}/${chain.at(-1) ?? ""}`;
  }

  async find(): Promise<{ readonly path: string; readonly kind: Kind }> {
    const staging = new LockedStaging(this.#options.root);
    const references = this.#options.references && (await canRefer(this.#options.root, staging));
    // One with data of its own is good for all.
    const kinds: readonly Kind[] = references ? ["references", "data"] : ["data"];
    const there = kinds.find((kind) => existsSync(this.#path(kind)));
    if (there !== undefined) return { path: this.#path(there), kind: there };
    const [kind = "data"] = kinds;
    await this.#make(kind, staging);
    return { path: this.#path(kind), kind };
  }

  /** The name says what it is of: another map, or another way to have the data, is another one. */
  #path(kind: Kind): string {
    return `${this.#holder}/${mapName(this.#mappings)}-${kind}`;
  }

  /** Two at once: the second waits, and finds it. Killed on the way, all of it is in an area that is swept. */
  async #make(kind: Kind, staging: LockedStaging): Promise<void> {
    using _lock = await lockDirectory(this.#holder);
    try {
      if (existsSync(this.#path(kind))) return;
      await staging.sweep();
      await using area = await staging.open();
      const tree = `${area.path}/tree`;
      mkdirSync(tree, { mode: 0o700 });
      this.#copy(tree, kind);
      // Names are on the disk sooner than data: a power cut must not leave empty files under the final name.
      syncFileSystem(area.fd);
      renameSync(tree, this.#path(kind));
    } catch (error) {
      removeIfEmpty(this.#holder);
      throw error;
    }
  }

  #copy(tree: string, kind: Kind): void {
    const { root } = this.#options;
    const target = openSync(tree, constants.O_RDONLY | constants.O_DIRECTORY);
    const sources: Source[] = [];
    try {
      for (const layer of this.#chain.toReversed()) {
        sources.push({ layer, fd: openSync(layerDirectory(root, layer), constants.O_RDONLY) });
      }
      copyTree(sources, target, {
        mappings: this.#mappings,
        ...(kind === "references" ? { referTo: (layer: string) => `${layer}/diff` } : {}),
      });
    } finally {
      closeAll(sources);
      closeSync(target);
    }
  }
}

/** A short name of a map; the same one has the same. */
export function mapName({ uid, gid }: IdMappings): string {
  const text = (kind: readonly IdMapping[]): string =>
    kind.map(({ inside, outside, size }) => `${inside}:${outside}:${size}`).join(",");
  return new Bun.CryptoHasher("sha256")
    .update(`${text(uid)} ${text(gid)}`)
    .digest("hex")
    .slice(0, 24);
}
