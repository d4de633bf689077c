/** A layer's tree in memory: inodes and names in typed arrays, found by a hash of directory and name. */
import { refusal } from "../unpack/entry-name.ts";
import { entryColumns, growColumns, nodeColumns } from "./columns.ts";
import { S_IFDIR, S_IFMT } from "./file-mode.ts";
import { NAME_LIMIT } from "./format.ts";
import { NameHeap } from "./name-heap.ts";
import type { Xattrs } from "./xattrs.ts";

export const ROOT = 0;
export const NONE = -1;
/** Entries of every directory: "." and "..". 0 is none. */
export const DOT = 1;
export const DOT_DOT = 2;
const FIRST_ENTRY = 3;

/** Held in memory until the end, about 90 bytes each with its name: more would be an attack, not a layer. */
const MAX_NODES = 1 << 22;
const FIRST_SLOTS = 1 << 12;

export interface NewNode {
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

export class LayerTree {
  readonly nodes = nodeColumns();
  readonly entries = entryColumns();
  readonly names = new NameHeap();
  readonly xattrs = new Map<number, Xattrs>();
  /** Of files with holes: which of their chunks have data. */
  readonly filled = new Map<number, Uint8Array>();
  #nodes = 0;
  #entries = FIRST_ENTRY;
  /** Entries, by the hash of their directory and name; 0 is free. */
  #slots = new Uint32Array(FIRST_SLOTS);
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;

  constructor(root: NewNode) {
    growColumns(this.entries, FIRST_ENTRY);
    const dots = this.names.add(Buffer.from(".."));
    for (const [entry, length] of [
      [DOT, 1],
      [DOT_DOT, 2],
    ] as const) {
      this.entries.nameAt[entry] = dots;
      this.entries.nameLength[entry] = length;
    }
    this.addDirectory(root, ROOT);
  }

  get nodeCount(): number {
    return this.#nodes;
  }

  addNode({ mode, uid, gid, seconds, nanoseconds }: NewNode): number {
    const node = this.#nodes;
    if (node >= MAX_NODES) throw refusal("the layer has too many files");
    const { nodes } = this;
    if (node >= nodes.mode.length) growColumns(nodes, node + 1);
    this.#nodes += 1;
    nodes.mode[node] = mode;
    nodes.uid[node] = uid;
    nodes.gid[node] = gid;
    nodes.seconds[node] = seconds;
    nodes.nanoseconds[node] = nanoseconds;
    return node;
  }

  addDirectory(values: NewNode, parent: number): number {
    const node = this.addNode({ ...values, mode: S_IFDIR | (values.mode & 0o7777) });
    this.nodes.data[node] = parent;
    this.nodes.links[node] = 2;
    return node;
  }

  typeOf(node: number): number {
    return at(this.nodes.mode, node) & S_IFMT;
  }

  isDirectory(node: number): boolean {
    return this.typeOf(node) === S_IFDIR;
  }

  parentOf(directory: number): number {
    return at(this.nodes.data, directory);
  }

  /** The node of that name in a directory, or NONE. The name is `bytes` from `start` to `end`. */
  find(directory: number, bytes: Buffer, start: number, end: number): number {
    const entry = this.#slots[this.#slotOf(directory, bytes, start, end)] ?? 0;
    return entry === 0 ? NONE : at(this.entries.node, entry);
  }

  /** Gives a node a name; what had it is let go, with all that is below it. True where something had it. */
  put(directory: number, name: Buffer, node: number): boolean {
    const slot = this.#slotOf(directory, name, 0, name.length);
    const known = this.#slots[slot] ?? 0;
    if (known === 0) this.#addEntry(slot, directory, name, node);
    else {
      this.#release(at(this.entries.node, known));
      this.entries.node[known] = node;
    }
    const { links } = this.nodes;
    if (this.isDirectory(node)) links[directory] = at(links, directory) + 1;
    else links[node] = at(links, node) + 1;
    return known !== 0;
  }

  /** Entries of a directory but its dots, in no order. */
  *entriesOf(directory: number): Generator<number> {
    for (let entry = at(this.nodes.ref, directory); entry !== 0; entry = at(this.entries.next, entry)) {
      yield entry;
    }
  }

  #addEntry(slot: number, directory: number, name: Buffer, node: number): void {
    if (name.length > NAME_LIMIT) throw new RangeError("the name is too long");
    const { entries, nodes } = this;
    const entry = this.#entries;
    if (entry >= entries.node.length) growColumns(entries, entry + 1);
    entries.nameAt[entry] = this.names.add(name);
    entries.nameLength[entry] = name.length;
    entries.node[entry] = node;
    entries.directory[entry] = directory;
    entries.next[entry] = at(nodes.ref, directory);
    nodes.ref[directory] = entry;
    this.#entries += 1;
    this.#slots[slot] = entry;
    if (this.#entries * 2 > this.#slots.length) this.#rehash();
  }

  /** A name of the node is gone. A name that replaces it takes its entry: entries are never taken away one by one. */
  #release(node: number): void {
    const { links } = this.nodes;
    const pending = [node];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (!this.isDirectory(next)) {
        links[next] = at(links, next) - 1;
        continue;
      }
      const parent = this.parentOf(next);
      links[parent] = at(links, parent) - 1;
      links[next] = 0;
      for (const entry of this.entriesOf(next)) pending.push(at(this.entries.node, entry));
    }
  }

  /** The slot that the name has, or the free one that it would get. */
  #slotOf(directory: number, bytes: Buffer, start: number, end: number): number {
    const { entries, names } = this;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#hash(directory, bytes, start, end) & mask;
    for (;;) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return slot;
      if (at(entries.directory, entry) === directory && at(entries.nameLength, entry) === end - start) {
        if (names.has(at(entries.nameAt, entry), bytes, start, end)) return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** FNV-1a, seeded, and mixed at the end so that the low bits depend on all. */
  #hash(directory: number, bytes: Uint8Array, start: number, end: number): number {
    let hash = Math.imul(this.#seed ^ directory, 0x9e3779b1);
    for (let index = start; index < end; index++) hash = Math.imul(hash ^ at(bytes, index), 0x01000193);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const { entries, names } = this;
    for (let entry = FIRST_ENTRY; entry < this.#entries; entry++) {
      const from = at(entries.nameAt, entry);
      const to = from + at(entries.nameLength, entry);
      let slot = this.#hash(at(entries.directory, entry), names.bytes, from, to) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
    this.#slots = slots;
  }
}

/** A cell that is known to be there. */
export function at(column: ArrayLike<number>, index: number): number {
  return column[index] ?? 0;
}
