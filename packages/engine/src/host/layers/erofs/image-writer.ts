/** Writes the metadata image of a layer's tree: the head, directories and long symlinks, then inodes. */
import { setImmediate } from "node:timers/promises";
import { litter } from "../../../base/litter.ts";
import { type Chunks, chunksWithHoles, wholeChunks } from "./chunks.ts";
import { directoryData, sortedEntries } from "./directory-blocks.ts";
import { S_IFDIR, S_IFLNK, S_IFREG } from "./file-mode.ts";
import {
  BLOCK,
  CHUNK_INDEX_SIZE,
  encodeChunkIndex,
  encodeHead,
  encodeHole,
  encodeInode,
  HEAD_SIZE,
  INODE_SIZE,
  LAYOUT,
  NID_UNIT,
  ROOT_NID,
} from "./format.ts";
import { at, DOT, DOT_DOT, type LayerTree, ROOT } from "./layer-tree.ts";
import type { SequentialFile } from "./sequential-file.ts";
import { encodeXattrs, xattrCount, xattrsSize } from "./xattrs.ts";

/** Bytes of short-lived objects for each entry of a layer, roughly. */
export const ENTRY_LITTER = 1024;

/** Work between two looks at the event loop: a few milliseconds. */
const PAUSE_EVERY = 4096;

/**
 * `devices`: bytes of each extra device. Others get their turn now and then; `check` is called then, and may throw.
 * The file is left flushed, not synced.
 */
export async function writeImage(
  tree: LayerTree,
  file: SequentialFile,
  devices: readonly number[],
  check: () => void,
): Promise<void> {
  const writer = new ImageWriter(tree, file, async () => {
    await setImmediate();
    check();
  });
  await file.add(Buffer.alloc(HEAD_SIZE));
  await writer.layOut();
  const metaBlock = file.length / BLOCK;
  await writer.writeInodes();
  await file.flush();
  const { inodes } = writer;
  file.patch(encodeHead({ inodes, blocks: file.length / BLOCK, metaBlock, devices }), 0);
}

/** Bytes of inodes that are encoded at once. */
const BATCH = 1 << 18;

interface Place {
  /** Zero as yet. */
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly start: number;
}

class ImageWriter {
  readonly #tree: LayerTree;
  readonly #file: SequentialFile;
  readonly #pause: () => Promise<void>;
  /** Nodes in the order of their inode numbers. */
  readonly #order: Uint32Array;
  #count = 0;
  /** Bytes of metadata given out. The first are no inode's: readdir(3) leaves out what has the number 0. */
  #end = ROOT_NID * NID_UNIT;
  #work = 0;

  constructor(tree: LayerTree, file: SequentialFile, pause: () => Promise<void>) {
    this.#tree = tree;
    this.#file = file;
    this.#pause = pause;
    this.#order = new Uint32Array(tree.nodeCount);
  }

  get inodes(): number {
    return this.#count;
  }

  /**
   * Gives each node its number and writes the blocks that inodes point to. Inodes of one directory lie side by side,
   * since they are looked at together; those of the root begin.
   */
  async layOut(): Promise<void> {
    const tree = this.#tree;
    this.#number(ROOT);
    const pending = [ROOT];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      const sorted = sortedEntries(tree, directory);
      for (const entry of sorted) {
        if (entry === DOT || entry === DOT_DOT) continue;
        const node = at(tree.entries.node, entry);
        if (at(tree.nodes.nid, node) === 0) this.#number(node);
        if (tree.isDirectory(node)) pending.push(node);
        else if (tree.typeOf(node) === S_IFLNK && !this.#isInline(node)) await this.#writeTarget(node);
      }
      await this.#writeDirectory(directory, sorted);
      await this.#worked(sorted.length);
    }
  }

  async #writeDirectory(directory: number, sorted: Uint32Array): Promise<void> {
    const tree = this.#tree;
    const nodeOf = (entry: number): number => {
      if (entry === DOT) return directory;
      return entry === DOT_DOT ? tree.parentOf(directory) : at(tree.entries.node, entry);
    };
    const data = directoryData(tree, sorted, (entry) => this.#nidOf(nodeOf(entry)));
    tree.nodes.size[directory] = data.size;
    tree.nodes.ref[directory] = this.#file.length / BLOCK;
    await this.#file.add(data.bytes);
    litter(sorted.length * ENTRY_LITTER);
  }

  async #writeTarget(symlink: number): Promise<void> {
    const { nodes } = this.#tree;
    // A second name of it.
    if (at(nodes.ref, symlink) !== 0) return;
    const target = this.#targetOf(symlink);
    nodes.ref[symlink] = this.#file.length / BLOCK;
    const blocks = Buffer.alloc(Math.ceil(target.length / BLOCK) * BLOCK);
    blocks.set(target);
    await this.#file.add(blocks);
  }

  async writeInodes(): Promise<void> {
    const start = this.#file.length;
    let written = 0;
    for (let first = 0; first < this.#count; ) {
      // As many as fit, one at least: a buffer for each inode would cost more than all else.
      let end = first;
      let length = 0;
      while (end < this.#count && (end === first || length < BATCH)) {
        const node = at(this.#order, end);
        length = this.#nidOf(node) * NID_UNIT + this.#sizeOf(node) - written;
        end += 1;
      }
      const bytes = Buffer.alloc(length);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (; first < end; first++) {
        const node = at(this.#order, first);
        this.#encode(node, { bytes, view, start: this.#nidOf(node) * NID_UNIT - written });
      }
      written += length;
      await this.#file.add(bytes);
      litter((2 * bytes.length * ENTRY_LITTER) / INODE_SIZE);
      await this.#pause();
    }
    if (this.#file.length !== start + written) throw new Error("the image is not as long as it was laid out");
    const rest = this.#file.length % BLOCK;
    if (rest !== 0) await this.#file.add(Buffer.alloc(BLOCK - rest));
  }

  #number(node: number): void {
    const begin = this.#placeFor(node);
    this.#tree.nodes.nid[node] = begin / NID_UNIT;
    this.#order[this.#count] = node;
    this.#count += 1;
    this.#end = begin + this.#sizeOf(node);
  }

  #nidOf(node: number): number {
    return at(this.#tree.nodes.nid, node);
  }

  /** Where its inode begins: no inode, nor a target within, crosses a block. */
  #placeFor(node: number): number {
    const begin = Math.ceil(this.#end / NID_UNIT) * NID_UNIT;
    const whole = this.#isInline(node) ? this.#sizeOf(node) : INODE_SIZE;
    const left = BLOCK - (begin % BLOCK);
    return whole <= left ? begin : begin + left;
  }

  /** A symlink whose target stands behind its inode. */
  #isInline(node: number): boolean {
    const tree = this.#tree;
    if (tree.typeOf(node) !== S_IFLNK || tree.xattrs.has(node)) return false;
    return INODE_SIZE + at(tree.nodes.size, node) <= BLOCK;
  }

  #hasChunks(node: number): boolean {
    return this.#tree.typeOf(node) === S_IFREG && at(this.#tree.nodes.size, node) > 0;
  }

  /** Of the inode with what stands behind it. */
  #sizeOf(node: number): number {
    const head = INODE_SIZE + xattrsSize(this.#tree.xattrs.get(node));
    const size = at(this.#tree.nodes.size, node);
    if (this.#hasChunks(node)) return alignIndex(head) + this.#chunksOf(node).count * CHUNK_INDEX_SIZE;
    return this.#isInline(node) ? head + size : head;
  }

  #encode(node: number, { bytes, view, start }: Place): void {
    const { nodes, xattrs } = this.#tree;
    const own = xattrs.get(node);
    const ownSize = xattrsSize(own);
    encodeInode(view, start, {
      ...this.#dataOf(node),
      xattrCount: xattrCount(ownSize),
      mode: at(nodes.mode, node),
      number: at(nodes.nid, node),
      uid: at(nodes.uid, node),
      gid: at(nodes.gid, node),
      seconds: at(nodes.seconds, node),
      nanoseconds: at(nodes.nanoseconds, node),
      links: at(nodes.links, node),
    });
    const behind = start + INODE_SIZE;
    if (own !== undefined && ownSize > 0) encodeXattrs(bytes, behind, own);
    if (this.#hasChunks(node)) this.#encodeChunks(node, view, start + alignIndex(INODE_SIZE + ownSize));
    else if (this.#isInline(node)) bytes.set(this.#targetOf(node), behind);
  }

  #dataOf(node: number): { readonly layout: number; readonly size: number; readonly union: number } {
    const { nodes } = this.#tree;
    const size = at(nodes.size, node);
    switch (this.#tree.typeOf(node)) {
      case S_IFREG:
        return size === 0
          ? { layout: LAYOUT.plain, size, union: 0 }
          : { layout: LAYOUT.chunks, size, union: this.#chunksOf(node).format };
      case S_IFLNK:
        return {
          layout: this.#isInline(node) ? LAYOUT.inline : LAYOUT.plain,
          size,
          union: at(nodes.ref, node),
        };
      case S_IFDIR:
        return { layout: LAYOUT.plain, size, union: at(nodes.ref, node) };
      default:
        return { layout: LAYOUT.plain, size: 0, union: at(nodes.data, node) };
    }
  }

  #encodeChunks(file: number, view: DataView, start: number): void {
    const { nodes, filled } = this.#tree;
    const { count, blocks } = this.#chunksOf(file);
    const first = at(nodes.data, file) / BLOCK;
    const own = filled.get(file);
    for (let index = 0; index < count; index++) {
      const position = start + index * CHUNK_INDEX_SIZE;
      if (own !== undefined && own[index] === 0) encodeHole(view, position);
      else encodeChunkIndex(view, position, at(nodes.ref, file), first + index * blocks);
    }
  }

  #chunksOf(file: number): Chunks {
    const size = at(this.#tree.nodes.size, file);
    return this.#tree.filled.has(file) ? chunksWithHoles(size) : wholeChunks(size);
  }

  #targetOf(symlink: number): Buffer {
    const { nodes, names } = this.#tree;
    const from = at(nodes.data, symlink);
    return names.bytes.subarray(from, from + at(nodes.size, symlink));
  }

  async #worked(amount: number): Promise<void> {
    this.#work += amount;
    if (this.#work < PAUSE_EVERY) return;
    this.#work = 0;
    await this.#pause();
  }
}

function alignIndex(length: number): number {
  return Math.ceil(length / CHUNK_INDEX_SIZE) * CHUNK_INDEX_SIZE;
}
