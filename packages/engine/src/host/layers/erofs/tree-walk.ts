/** Finds names in a layer's tree as the kernel would with the layer as its root: symlinks on the way are followed. */
import { baseOf, joinName, parentOf, prefixesOf, refusal } from "../unpack/entry-name.ts";
import { S_IFCHR, S_IFLNK } from "./file-mode.ts";
import { NAME_LIMIT } from "./format.ts";
import { at, type LayerTree, NONE, ROOT } from "./layer-tree.ts";

/** As the kernel has it. */
const MAX_HOPS = 40;
const SLASH = 0x2f;
const DOT = 0x2e;

export type WalkFailure = "ENOENT" | "ENOTDIR" | "ELOOP" | "ENAMETOOLONG";

export class TreeWalk {
  readonly #tree: LayerTree;
  /** Entries come directory by directory: the parent of the last one is most likely that of the next. */
  #lastParent: Buffer | undefined;
  #lastDirectory = ROOT;

  constructor(tree: LayerTree) {
    this.#tree = tree;
  }

  /** What is known of paths may be wrong now: a directory or a symlink came or went. */
  forget(): void {
    this.#lastParent = undefined;
  }

  /** lstat(2): the node of a normalised path, a symlink at its end not followed. */
  find(path: Buffer): number | WalkFailure {
    if (path.length === 0) return ROOT;
    const base = baseOf(path);
    if (base.length > NAME_LIMIT) return "ENAMETOOLONG";
    const directory = this.directory(parentOf(path));
    if (typeof directory === "string") return directory;
    const node = this.#tree.find(directory, base, 0, base.length);
    return node === NONE ? "ENOENT" : node;
  }

  /** The directory that a normalised path leads to, symlinks followed. */
  directory(path: Buffer): number | WalkFailure {
    if (this.#lastParent?.equals(path) === true) return this.#lastDirectory;
    const found = this.#follow(path);
    if (typeof found === "number") {
      this.#lastParent = Buffer.from(path);
      this.#lastDirectory = found;
    }
    return found;
  }

  #follow(path: Buffer): number | WalkFailure {
    const tree = this.#tree;
    let rest = path;
    let node = ROOT;
    let hops = 0;
    let start = 0;
    while (start < rest.length) {
      const slash = rest.indexOf(SLASH, start);
      const end = slash === -1 ? rest.length : slash;
      const from = start;
      start = end + 1;
      if (!tree.isDirectory(node)) return "ENOTDIR";
      if (end === from || (end === from + 1 && rest[from] === DOT)) continue;
      if (end === from + 2 && rest[from] === DOT && rest[from + 1] === DOT) {
        node = tree.parentOf(node);
        continue;
      }
      if (end - from > NAME_LIMIT) return "ENAMETOOLONG";
      const next = tree.find(node, rest, from, end);
      if (next === NONE) return "ENOENT";
      if (tree.typeOf(next) !== S_IFLNK) {
        node = next;
        continue;
      }
      hops += 1;
      if (hops > MAX_HOPS) return "ELOOP";
      const target = this.#targetOf(next);
      if (target[0] === SLASH) node = ROOT;
      rest = joinName(target, rest.subarray(end + 1));
      start = 0;
    }
    return tree.isDirectory(node) ? node : "ENOTDIR";
  }

  #targetOf(symlink: number): Buffer {
    const { nodes, names } = this.#tree;
    const from = at(nodes.data, symlink);
    return names.bytes.subarray(from, from + at(nodes.size, symlink));
  }

  /**
   * The directory for a new name, made with those above it where the archive left them out. `make` makes one;
   * a whiteout that stands in its place is the layer's own, and gives way.
   * @throws IMAGE_LAYER_INVALID
   */
  directoryFor(path: Buffer, make: (directory: number, name: Buffer, prefix: Buffer) => void): number {
    if (baseOf(path).length > NAME_LIMIT) throw walkRefusal(path, "ENAMETOOLONG");
    const parent = parentOf(path);
    const found = this.directory(parent);
    if (typeof found === "number") return found;
    if (found !== "ENOENT" && found !== "ENOTDIR") throw walkRefusal(path, found);
    for (const prefix of prefixesOf(parent)) {
      const base = baseOf(prefix);
      if (base.length > NAME_LIMIT) throw walkRefusal(prefix, "ENAMETOOLONG");
      const above = this.directory(parentOf(prefix));
      if (typeof above === "string") throw walkRefusal(prefix, above);
      const there = this.#tree.find(above, base, 0, base.length);
      if (there === NONE || this.isWhiteout(there)) make(above, base, prefix);
    }
    const made = this.directory(parent);
    if (typeof made === "string") throw walkRefusal(path, made);
    return made;
  }

  isWhiteout(node: number): boolean {
    return this.#tree.typeOf(node) === S_IFCHR && at(this.#tree.nodes.data, node) === 0;
  }
}

export function walkRefusal(path: Buffer, failure: WalkFailure): Error {
  return refusal(`create ${JSON.stringify(path.toString("utf8"))}: ${failure}`);
}
