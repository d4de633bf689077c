/**
 * The tree that a stack of layers shows, once more with owners that a user namespace sees as the image's. Where the
 * kernel follows such references (refer-probe.ts), a file of more than a block has no data here but says where that is.
 */
import type { IdMappings } from "@podwright/spec/values/id-map";
import {
  type BigIntStats,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  readSync,
} from "node:fs";
import {
  getXattrOf,
  lchownBytes,
  linkBytes,
  listXattrsOf,
  mkdirBytes,
  mknodBytes,
  openBytes,
  readlinkOf,
  setTimes,
  setXattrOf,
  symlinkBytes,
} from "../../sys/byte-files.ts";
import { dataRuns } from "../../sys/file-holes.ts";
import { writeWithHoles } from "../copy/write-with-holes.ts";
import { mapOwner, mapXattr } from "./map-owners.ts";
import { closeAll, type MergedEntry, mergedNames, nameIn, type Source } from "./merged-names.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const O_CLOEXEC = 0o2000000;
/** A reference is an extended attribute, which takes a block of most file systems: a small file is copied. */
const WORTH_A_REFERENCE = 4096;
/** The kernel looks a reference up as a path. */
const LONGEST_REFERENCE = 4000;
const PIECE = 1 << 20;
const KEPT_XATTR = /^(user\.(?!overlay\.)|security\.capability$|system\.posix_acl_)/;
const SLASH = Buffer.from("/");

export const REFERENCE = { mark: "user.overlay.metacopy", path: "user.overlay.redirect" } as const;

export interface TreeCopyOptions {
  readonly mappings: IdMappings;
  /** Below the directory that the references begin in: where a layer's files are. Absent: all data is copied. */
  readonly referTo?: (layer: string) => string;
}

/** `layers` are their root directories, the highest first; `target` is a new directory. @throws CONTAINER_INVALID */
export function copyTree(layers: readonly Source[], target: number, options: TreeCopyOptions): void {
  new TreeCopy(options).directory(layers, target, Buffer.alloc(0));
}

class TreeCopy {
  readonly #options: TreeCopyOptions;
  /** Where the first name of a file with several went. */
  readonly #links = new Map<string, Buffer>();
  readonly #top: { fd: number } = { fd: -1 };

  constructor(options: TreeCopyOptions) {
    this.#options = options;
  }

  directory(sources: readonly Source[], target: number, path: Buffer): void {
    const [top] = sources;
    if (top === undefined) return;
    if (path.length === 0) this.#top.fd = target;
    for (const entry of mergedNames(sources)) {
      const child = path.length === 0 ? entry.name : Buffer.concat([path, SLASH, entry.name]);
      this.#entry(entry, nameIn(target, entry.name), child);
    }
    const stat = fstatSync(top.fd, { bigint: true });
    this.#dress(target, top.fd, stat);
    keepTimes(Buffer.from(`/proc/self/fd/${target}/.`), stat);
  }

  #entry(entry: MergedEntry, name: Buffer, path: Buffer): void {
    const { stat, fd } = entry;
    try {
      if (stat.isDirectory()) this.#subdirectory(entry, name, path);
      else if (stat.nlink > 1n && this.#linked(entry, name, path)) return;
      else if (stat.isFile()) this.#file(entry, name, path);
      else if (stat.isSymbolicLink()) this.#node(stat, name, () => symlinkBytes(readlinkOf(fd), name));
      else if (stat.isFIFO()) this.#node(stat, name, () => mknodBytes(name, Number(stat.mode), 0n));
      // Sockets are nothing without their process; devices are not in an ordinary user's layers.
    } finally {
      closeAll(entry.below);
    }
  }

  #subdirectory({ below }: MergedEntry, name: Buffer, path: Buffer): void {
    mkdirBytes(name, 0o700);
    const fd = openBytes(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    try {
      this.directory(below, fd, path);
    } finally {
      closeSync(fd);
    }
  }

  /** Within one layer; across layers overlayfs breaks them as well. */
  #linked({ stat }: MergedEntry, name: Buffer, path: Buffer): boolean {
    const key = `${stat.dev}:${stat.ino}`;
    const first = this.#links.get(key);
    if (first === undefined) {
      this.#links.set(key, path);
      return false;
    }
    linkBytes(nameIn(this.#top.fd, first), name);
    return true;
  }

  #file({ layer, fd, stat }: MergedEntry, name: Buffer, path: Buffer): void {
    const made = openBytes(name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600);
    try {
      const source = openBytes(Buffer.from(`/proc/self/fd/${fd}`), O_RDONLY | O_CLOEXEC, 0);
      try {
        if (!this.#refer(made, stat, { layer, path })) copyData(source, made, stat);
        this.#dress(made, source, stat);
      } finally {
        closeSync(source);
      }
    } finally {
      closeSync(made);
    }
    keepTimes(name, stat);
  }

  /** False where it needs its data. */
  #refer(
    fd: number,
    { size, blocks }: BigIntStats,
    { layer, path }: { readonly layer: string; readonly path: Buffer },
  ): boolean {
    const { referTo } = this.#options;
    if (referTo === undefined || Number(blocks) * 512 <= WORTH_A_REFERENCE) return false;
    const reference = Buffer.concat([Buffer.from(`/${referTo(layer)}/`), path]);
    if (reference.length > LONGEST_REFERENCE) return false;
    ftruncateSync(fd, Number(size));
    setXattrOf(fd, REFERENCE.path, reference);
    setXattrOf(fd, REFERENCE.mark, Buffer.alloc(0));
    return true;
  }

  /** The owner first: giving a file away takes its set-id bits and capabilities. */
  #dress(made: number, source: number, stat: BigIntStats): void {
    const { mappings } = this.#options;
    const { uid, gid } = mapOwner(mappings, stat);
    fchownSync(made, uid, gid);
    fchmodSync(made, Number(stat.mode) & 0o7777);
    for (const key of listXattrsOf(source)) {
      const value = KEPT_XATTR.test(key) ? getXattrOf(source, key) : undefined;
      if (value !== undefined) setXattrOf(made, key, mapXattr(mappings, key, value));
    }
  }

  #node(stat: BigIntStats, name: Buffer, make: () => void): void {
    make();
    const { uid, gid } = mapOwner(this.#options.mappings, stat);
    lchownBytes(name, uid, gid);
    keepTimes(name, stat);
  }
}

/** Shared with the layer's own where the file system can (btrfs, xfs). */
function copyData(source: number, made: number, { size, blocks }: BigIntStats): void {
  if (size === 0n) return;
  if (blocks * 512n >= size) {
    copyFileSync(`/proc/self/fd/${source}`, `/proc/self/fd/${made}`, constants.COPYFILE_FICLONE);
    return;
  }
  const piece = Buffer.alloc(PIECE);
  for (const { offset, length } of dataRuns(source, Number(size))) {
    for (let done = 0; done < length; ) {
      const read = readSync(source, piece, 0, Math.min(PIECE, length - done), offset + done);
      if (read === 0) break;
      writeWithHoles(made, piece.subarray(0, read), offset + done);
      done += read;
    }
  }
  ftruncateSync(made, Number(size));
}

function keepTimes(name: Buffer, { mtimeNs }: BigIntStats): void {
  const second = 1_000_000_000n;
  const nanoseconds = ((mtimeNs % second) + second) % second;
  const time = { seconds: Number((mtimeNs - nanoseconds) / second), nanoseconds: Number(nanoseconds) };
  setTimes(name, time, time);
}
