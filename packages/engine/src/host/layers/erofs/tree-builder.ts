/** A layer's entries, in the order of the archive, to its tree: the rules are those of unpack/tree-writer.ts. */
import type { Segment, TarHeader } from "../../../tar/tar-entry.ts";
import { baseOf, joinName, normalizeName, parentOf, refusal } from "../unpack/entry-name.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "./file-mode.ts";
import { DEVICE } from "./format.ts";
import { filledChunks } from "./chunks.ts";
import { at, LayerTree, type NewNode, NONE, ROOT } from "./layer-tree.ts";
import { TreeWalk, walkRefusal } from "./tree-walk.ts";
import { applyAcls, OPAQUE_MARK, restorable, xattrsSize } from "./xattrs.ts";

const WHITEOUT = Buffer.from(".wh.");
const OPAQUE = Buffer.from(".wh..wh..opq");
/** Other names of aufs's own: `.wh..wh.plnk`, `.wh..wh.aufs`. */
const AUFS = Buffer.from(".wh..wh.");

/** Held in memory until the end: more would be an attack, not a layer. */
const MAX_OPAQUE = 1 << 16;
const MAX_XATTR_BYTES = 1 << 26;
const LONGEST_TARGET = 4095;
/** "No change" to chown(2). */
const NOBODY = 0xffff_ffff;
/** Mode of the root directory of a layer that has no entry for it, as overlay stores of Podman have it. */
const IMPLIED_ROOT_MODE = 0o555;
const IMPLIED_MODE = 0o755;

/** Where a file's data is. */
export interface FileData {
  readonly size: number;
  /** What of it the archive holds. */
  readonly stored: number;
  readonly device: (typeof DEVICE)[keyof typeof DEVICE];
  /** Of its first byte on the device. */
  readonly offset: number;
  /** Where it has data, for one with holes. */
  readonly runs?: readonly Segment[];
}

export class TreeBuilder {
  readonly tree: LayerTree;
  /** The archive had an entry for the root directory. */
  rootSeen = false;
  /** Bytes of file data. */
  size = 0;
  readonly #walk: TreeWalk;
  /** Paths of directories that hide what lower layers have in them: what is there in the end counts. */
  readonly #opaque = new Map<string, Buffer>();
  readonly #implied: NewNode;
  #xattrBytes = 0;

  /** `now` (milliseconds) is the time of what the archive has no entry for. */
  constructor(now: number) {
    this.#implied = {
      mode: IMPLIED_MODE,
      uid: 0,
      gid: 0,
      seconds: Math.floor(now / 1000),
      nanoseconds: (now % 1000) * 1_000_000,
    };
    this.tree = new LayerTree({ ...this.#implied, mode: IMPLIED_ROOT_MODE });
    this.#walk = new TreeWalk(this.tree);
  }

  /** Whether an entry becomes a file with the data that it holds. */
  takesData(header: TarHeader): boolean {
    if (header.type !== "file") return false;
    const path = normalizeName(header.name);
    return path.length > 0 && !startsWith(baseOf(path), WHITEOUT) && !startsWith(path, AUFS);
  }

  /** `data` where the entry has some. @throws IMAGE_LAYER_INVALID */
  add(header: TarHeader, data: FileData): void {
    const path = normalizeName(header.name);
    if (path.length === 0) return this.#root(header);
    const base = baseOf(path);
    if (base.equals(OPAQUE)) return this.#markOpaque(parentOf(path));
    if (startsWith(base, AUFS) || startsWith(path, AUFS)) return;
    if (startsWith(base, WHITEOUT)) return this.#whiteout(path, base.subarray(WHITEOUT.length));
    this.#create(path, header, data);
  }

  /** Marks what is opaque: a later entry of the layer may have replaced the directory. */
  finish(): void {
    for (const path of this.#opaque.values()) {
      const node = this.#walk.find(path);
      if (typeof node === "string" || !this.tree.isDirectory(node)) continue;
      this.tree.xattrs.set(
        node,
        new Map([...(this.tree.xattrs.get(node) ?? []), [OPAQUE_MARK, Buffer.from("y")]]),
      );
    }
  }

  #root(header: TarHeader): void {
    if (header.type !== "directory") throw refusal("the layer's root is not a directory");
    this.rootSeen = true;
    this.#dress(ROOT, header);
  }

  #create(path: Buffer, header: TarHeader, data: FileData): void {
    switch (header.type) {
      case "file":
        return this.#file(path, header, data);
      case "directory":
        return this.#dress(this.#makeDirectory(path), header);
      case "symlink":
        return this.#symlink(path, header);
      case "hardlink":
        return this.#hardlink(path, header);
      case "char":
        return this.#node(path, header, S_IFCHR);
      case "block":
        return this.#node(path, header, S_IFBLK);
      case "fifo":
        return this.#node(path, header, S_IFIFO);
      case "other":
        throw refusal(`the entry's type ${JSON.stringify(header.flag)} is not known`);
    }
  }

  #file(path: Buffer, header: TarHeader, data: FileData): void {
    this.size += data.stored;
    const node = this.#new(header, S_IFREG);
    const { nodes } = this.tree;
    nodes.size[node] = data.size;
    nodes.data[node] = data.offset;
    nodes.ref[node] = data.device;
    if (data.runs !== undefined) this.tree.filled.set(node, filledChunks(data.size, data.runs));
    this.#place(path, node);
  }

  #symlink(path: Buffer, header: TarHeader): void {
    const { linkName } = header;
    if (linkName.length === 0 || linkName.includes(0)) throw refusal("the symlink's target is invalid");
    if (linkName.length > LONGEST_TARGET) throw refusal("the symlink's target is too long");
    const node = this.#new({ ...header, mode: 0o777 }, S_IFLNK);
    const { nodes, names } = this.tree;
    nodes.size[node] = linkName.length;
    nodes.data[node] = names.add(linkName);
    this.#place(path, node);
  }

  #node(path: Buffer, header: TarHeader, type: number): void {
    const device = type === S_IFIFO ? 0 : deviceNumber(header);
    const node = this.#new(header, type);
    this.tree.nodes.data[node] = device;
    this.#place(path, node);
  }

  #hardlink(path: Buffer, header: TarHeader): void {
    const target = normalizeName(header.linkName);
    if (target.length === 0 || target.equals(path)) throw refusal("the hard link's target is invalid");
    const shown = JSON.stringify(header.linkName.toString("utf8"));
    const found = this.#walk.find(target);
    if (found === "ENOENT" || found === "ENOTDIR") {
      throw refusal(`hard link to ${shown}, which is not in this layer`);
    }
    if (typeof found === "string") throw walkRefusal(target, found);
    if (this.tree.isDirectory(found)) throw refusal(`hard link to ${shown}, which is a directory`);
    const directory = this.#directoryFor(path);
    this.#put(directory, baseOf(path), found);
    // What stood at the name went first, and the target was below it.
    if (this.#walk.find(target) !== found) throw refusal(`hard link to ${shown}, which it replaces`);
  }

  /** Whiteouts hide what is below this layer only (image-spec, "Whiteouts"): what the layer itself has stays. */
  #whiteout(path: Buffer, hidden: Buffer): void {
    const name = hidden.length <= 2 ? hidden.toString("latin1") : "";
    if (hidden.length === 0 || name === "." || name === "..") {
      throw refusal(`whiteout of ${JSON.stringify(hidden.toString("latin1"))}`);
    }
    const target = joinName(parentOf(path), hidden);
    const there = this.#walk.find(target);
    if (typeof there === "number") {
      if (this.tree.isDirectory(there)) this.#addOpaque(target);
      return;
    }
    if (there !== "ENOENT" && there !== "ENOTDIR") throw walkRefusal(target, there);
    this.#place(target, this.tree.addNode({ ...this.#implied, mode: S_IFCHR }));
  }

  #markOpaque(path: Buffer): void {
    if (path.length > 0) this.#makeDirectory(path);
    this.#addOpaque(path);
  }

  #addOpaque(path: Buffer): void {
    if (this.#opaque.size >= MAX_OPAQUE) throw refusal("the layer has too many opaque directories");
    this.#opaque.set(path.toString("latin1"), Buffer.from(path));
  }

  /** The directory of that name: the one that is there, or a new one in place of what is. */
  #makeDirectory(path: Buffer): number {
    const directory = this.#directoryFor(path);
    const base = baseOf(path);
    const known = this.tree.find(directory, base, 0, base.length);
    if (known !== NONE && this.tree.isDirectory(known)) return known;
    return this.#newDirectory(directory, base, path);
  }

  #newDirectory(directory: number, base: Buffer, path: Buffer): number {
    const known = this.tree.find(directory, base, 0, base.length);
    // The layer whites the name out and makes it anew: nothing of the lower directory may shine through.
    if (known !== NONE && this.#walk.isWhiteout(known)) this.#addOpaque(path);
    const made = this.tree.addDirectory(this.#implied, directory);
    this.#put(directory, base, made);
    return made;
  }

  #directoryFor(path: Buffer): number {
    return this.#walk.directoryFor(path, (directory, name, prefix) =>
      this.#newDirectory(directory, name, prefix),
    );
  }

  #place(path: Buffer, node: number): void {
    this.#put(this.#directoryFor(path), baseOf(path), node);
  }

  #put(directory: number, base: Buffer, node: number): void {
    if (this.tree.put(directory, base, node)) this.#walk.forget();
  }

  #new(header: TarHeader, type: number): number {
    const node = this.tree.addNode(dressOf(header, type));
    this.#keepXattrs(node, header);
    return node;
  }

  #dress(directory: number, header: TarHeader): void {
    const { mode, uid, gid, seconds, nanoseconds } = dressOf(header, S_IFDIR);
    const { nodes } = this.tree;
    nodes.mode[directory] = mode;
    nodes.uid[directory] = uid;
    nodes.gid[directory] = gid;
    nodes.seconds[directory] = seconds;
    nodes.nanoseconds[directory] = nanoseconds;
    this.#keepXattrs(directory, header);
  }

  /** Those of a directory that is named again add to what it has. */
  #keepXattrs(node: number, header: TarHeader): void {
    if (header.xattrs.size === 0) return;
    const { xattrs, nodes } = this.tree;
    const all = new Map([...(xattrs.get(node) ?? []), ...restorable(header.xattrs, at(nodes.mode, node))]);
    nodes.mode[node] = applyAcls(all, at(nodes.mode, node));
    if (all.size === 0) return;
    this.#xattrBytes += xattrsSize(all);
    if (this.#xattrBytes > MAX_XATTR_BYTES) throw refusal("the layer has too many extended attributes");
    xattrs.set(node, all);
  }
}

function startsWith(name: Buffer, prefix: Buffer): boolean {
  if (name.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) if (name[index] !== prefix[index]) return false;
  return true;
}

function dressOf({ mode, uid, gid, mtime }: TarHeader, type: number): NewNode {
  return { mode: type | mode, uid: ownerOf(uid), gid: ownerOf(gid), ...mtime };
}

function ownerOf(id: number): number {
  if (id === NOBODY || id === -1) return 0;
  if (id < 0 || id > NOBODY) throw refusal(`the owner's number ${id} is out of range`);
  return id;
}

/** linux/kdev_t.h, new encoding. */
function deviceNumber({ devMajor, devMinor }: TarHeader): number {
  if (devMajor < 0 || devMinor < 0 || devMajor > 0xfff || devMinor > 0xfffff) {
    throw refusal(`the device number ${devMajor}:${devMinor} is out of range`);
  }
  return ((devMajor << 8) | (devMinor & 0xff) | ((devMinor & ~0xff) << 12)) >>> 0;
}
