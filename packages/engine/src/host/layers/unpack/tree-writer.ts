/** Writes a layer's entries below the current root; runs only in the confined process. */
import { closeSync, constants, fchmodSync, fchownSync, ftruncateSync, readdirSync, writeSync } from "node:fs";
import type { TarHeader } from "../../../tar/tar-entry.ts";
import type { TarEntry } from "../../../tar/tar-reader.ts";
import {
  chmodBytes,
  type FileTime,
  lchownBytes,
  linkBytes,
  lstatBytes,
  mkdirBytes,
  mknodBytes,
  openBytes,
  setTimes,
  setXattr,
  symlinkBytes,
  unlinkBytes,
} from "../../sys/byte-files.ts";
import { isErrno } from "../../sys/libc.ts";
import type { Run } from "../skeleton/format.ts";
import type { SkeletonWriter } from "../skeleton/skeleton-writer.ts";
import { baseOf, joinName, normalizeName, parentOf, prefixesOf, refusal } from "./entry-name.ts";
import { owned } from "./mapped-owner.ts";
import { RealPaths } from "./real-paths.ts";
import { NOT_RESTORED } from "./xattr-filter.ts";

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const S_IFIFO = 0o010000;
const S_IFDIR = 0o040000;
const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** Other names of aufs's own: `.wh..wh.plnk`, `.wh..wh.aufs`. */
const AUFS = ".wh..wh.";

/** Held in memory until the end: more would be an attack, not a layer. */
const MAX_DIRECTORIES = 1 << 20;
const MAX_OPAQUE = 1 << 16;

const ROOT = Buffer.from(".");

export class TreeWriter {
  /** Paths of directories that hide what lower layers have in them. */
  readonly opaque = new Map<string, Buffer>();
  /** Bytes of file data. */
  size = 0;
  /** The archive had an entry for the root directory. */
  rootSeen = false;
  /** There are deletions by names of files: this place holds no others. */
  fileMarks = false;
  readonly #directoryTimes: { readonly path: Buffer; readonly header: TarHeader }[] = [];
  readonly #skeleton: SkeletonWriter;
  readonly #realPaths = new RealPaths();

  constructor(skeleton: SkeletonWriter) {
    this.#skeleton = skeleton;
  }

  async write(entry: TarEntry): Promise<void> {
    const { header } = entry;
    const path = normalizeName(header.name);
    const base = baseOf(path).toString("latin1");
    if (path.length === 0) return this.#root(header);
    if (base === OPAQUE) return this.#markOpaque(parentOf(path));
    if (base.startsWith(AUFS) || path.toString("latin1").startsWith(AUFS)) return;
    if (base.startsWith(WHITEOUT)) return this.#whiteout(path, base.slice(WHITEOUT.length));
    await this.#create(path, entry);
  }

  /** Sets what later entries would have changed: the times of directories. */
  finish(): void {
    // Where two entries name one directory, the later one has the last word.
    const seen = new Set<string>();
    for (const { path, header } of this.#directoryTimes.reverse()) {
      const key = path.toString("latin1");
      if (!seen.has(key) && typeBits(path) === S_IFDIR) setTimes(path, ...timesOf(header));
      seen.add(key);
    }
  }

  #root(header: TarHeader): void {
    if (header.type !== "directory") throw refusal("the layer's root is not a directory");
    this.rootSeen = true;
    this.#dress(ROOT, header);
    this.#rememberTimes(ROOT, header);
  }

  async #create(path: Buffer, entry: TarEntry): Promise<void> {
    const { header } = entry;
    switch (header.type) {
      case "file":
        return await this.#file(path, entry);
      case "directory":
        return this.#directory(path, header);
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

  async #file(path: Buffer, entry: TarEntry): Promise<void> {
    const { header } = entry;
    const fd = this.#place(path, () => openBytes(path, CREATE | 0o2000000, 0o600));
    try {
      let end = 0;
      const runs: MutableRun[] = [];
      await entry.read((data, position) => {
        writeAll(fd, data, position);
        this.size += data.length;
        const run = runs.at(-1);
        if (run !== undefined && position === end) run.length += data.length;
        else runs.push({ offset: position, length: data.length });
        end = position + data.length;
      });
      this.#skeleton.content(this.#realPaths.of(path), runs);
      if (end < header.size) ftruncateSync(fd, header.size);
      owned(header, () => fchownSync(fd, header.uid, header.gid));
      fchmodSync(fd, header.mode);
    } finally {
      closeSync(fd);
    }
    setXattrs(path, header);
    setTimes(path, ...timesOf(header));
  }

  #directory(path: Buffer, header: TarHeader): void {
    this.#makeDirectory(path);
    this.#dress(path, header);
    this.#rememberTimes(path, header);
  }

  #makeDirectory(path: Buffer): void {
    this.#withParents(path, () => {
      try {
        mkdirBytes(path, 0o755);
        return;
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
      }
      if (typeBits(path) === S_IFDIR) return;
      const hidesLower = isWhiteoutNode(path);
      this.#discard(path);
      mkdirBytes(path, 0o755);
      // The layer whites the name out and makes it anew: nothing of the lower directory may shine through.
      if (hidesLower) this.#addOpaque(path);
    });
  }

  #symlink(path: Buffer, header: TarHeader): void {
    if (header.linkName.length === 0 || header.linkName.includes(0))
      throw refusal("the symlink's target is invalid");
    this.#place(path, () => symlinkBytes(header.linkName, path));
    this.#realPaths.noteLink(path);
    owned(header, () => lchownBytes(path, header.uid, header.gid));
    setXattrs(path, header);
    setTimes(path, ...timesOf(header));
  }

  #hardlink(path: Buffer, header: TarHeader): void {
    const target = normalizeName(header.linkName);
    if (target.length === 0 || target.equals(path)) throw refusal("the hard link's target is invalid");
    const shown = JSON.stringify(header.linkName.toString("utf8"));
    try {
      lstatBytes(target);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
      throw refusal(`hard link to ${shown}, which is not in this layer`);
    }
    if (typeBits(target) === S_IFDIR) throw refusal(`hard link to ${shown}, which is a directory`);
    this.#place(path, () => linkBytes(target, path));
  }

  #node(path: Buffer, header: TarHeader, type: number): void {
    const device = type === S_IFIFO ? 0n : deviceNumber(header);
    try {
      this.#place(path, () => mknodBytes(path, type | 0o600, device));
    } catch (error) {
      // A user namespace makes no devices (and a container could not open one): the layer is whole without.
      if (type !== S_IFIFO && isErrno(error, "EPERM")) return;
      throw error;
    }
    this.#dress(path, header);
    setTimes(path, ...timesOf(header));
  }

  /** Whiteouts hide what is below this layer only (image-spec, "Whiteouts"): what the layer itself has stays. */
  #whiteout(path: Buffer, hidden: string): void {
    if (hidden === "" || hidden === "." || hidden === "..")
      throw refusal(`whiteout of ${JSON.stringify(hidden)}`);
    const target = joinName(parentOf(path), Buffer.from(hidden, "latin1"));
    const type = typeBits(target);
    if (type === S_IFDIR) return this.#addOpaque(target);
    if (type !== undefined) return;
    this.#withParents(target, () => {
      try {
        mknodBytes(target, S_IFCHR, 0n);
      } catch (error) {
        // The kernel before 5.8 lets nobody in a user namespace, and an overlay below us nobody at all.
        if (!isErrno(error, "EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP")) throw error;
        closeSync(
          openBytes(path, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW | 0o2000000, 0o600),
        );
        this.fileMarks = true;
      }
    });
  }

  #markOpaque(path: Buffer): void {
    if (path.length > 0) this.#makeDirectory(path);
    this.#addOpaque(path);
  }

  #addOpaque(path: Buffer): void {
    if (this.opaque.size >= MAX_OPAQUE) throw refusal("the layer has too many opaque directories");
    this.opaque.set(path.toString("latin1"), path.length === 0 ? ROOT : Buffer.from(path));
  }

  #dress(path: Buffer, header: TarHeader): void {
    owned(header, () => lchownBytes(path, header.uid, header.gid));
    chmodBytes(path, header.mode);
    setXattrs(path, header);
  }

  #rememberTimes(path: Buffer, header: TarHeader): void {
    if (this.#directoryTimes.length >= MAX_DIRECTORIES) throw refusal("the layer has too many directories");
    this.#directoryTimes.push({ path: Buffer.from(path), header: { ...header, xattrs: new Map() } });
  }

  /** Creates a name anew: what an earlier entry of the layer put there gives way. */
  #place<T>(path: Buffer, create: () => T): T {
    return this.#withParents(path, () => {
      try {
        return create();
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
        this.#discard(path);
        return create();
      }
    });
  }

  /** Removes what is there, but for what an export of the layer will need of it. */
  #discard(path: Buffer): void {
    const { mode, size } = lstatBytes(path);
    if ((mode & S_IFMT) === S_IFDIR) {
      for (const name of readdirSync(path, { encoding: "buffer" }))
        this.#discard(joinName(path, Buffer.from(name)));
      return unlinkBytes(path, "directory");
    }
    if ((mode & S_IFMT) === S_IFREG && size > 0) this.#keepContent(path, size);
    unlinkBytes(path, "file");
    this.#realPaths.forget();
  }

  #keepContent(path: Buffer, size: number): void {
    const fd = openBytes(path, constants.O_RDONLY | constants.O_NOFOLLOW, 0);
    try {
      this.#skeleton.replaced(this.#realPaths.of(path), fd, size);
    } finally {
      closeSync(fd);
    }
  }

  /** Makes the directories that the archive left out, once it is seen that they are missing. */
  #withParents<T>(path: Buffer, create: () => T): T {
    try {
      return create();
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    }
    for (const prefix of prefixesOf(parentOf(path))) {
      try {
        mkdirBytes(prefix, 0o755);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
        if (!isWhiteoutNode(prefix)) continue;
        unlinkBytes(prefix, "file");
        mkdirBytes(prefix, 0o755);
        this.#addOpaque(prefix);
      }
    }
    return create();
  }
}

function writeAll(fd: number, data: Buffer, position: number): void {
  let done = 0;
  while (done < data.length) done += writeSync(fd, data, done, data.length - done, position + done);
}

type MutableRun = { -readonly [K in keyof Run]: Run[K] };

/** undefined for what is not there: a later entry may have put a link, one that leads to itself too, in its way. */
function typeBits(path: Buffer): number | undefined {
  try {
    return lstatBytes(path).mode & S_IFMT;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

function isWhiteoutNode(path: Buffer): boolean {
  const stat = lstatBytes(path);
  return (stat.mode & S_IFMT) === S_IFCHR && stat.deviceMajor === 0 && stat.deviceMinor === 0;
}

function setXattrs(path: Buffer, header: TarHeader): void {
  for (const [key, value] of header.xattrs) {
    if (NOT_RESTORED.test(key)) continue;
    if (key.includes("\0")) throw refusal("an extended attribute's name holds a NUL byte");
    try {
      setXattr(path, key, value);
    } catch (error) {
      // A file system without them, or `user.` on a symlink or device: the file counts, not the attribute.
      if (!isErrno(error, "ENOTSUP", "EOPNOTSUPP", "EPERM")) throw error;
    }
  }
}

function timesOf(header: TarHeader): [FileTime, FileTime] {
  const { mtime, atime } = header;
  return [atime === undefined || atime.seconds < mtime.seconds ? mtime : atime, mtime];
}

/** linux/kdev_t.h, new encoding. */
function deviceNumber({ devMajor, devMinor }: TarHeader): bigint {
  if (devMajor < 0 || devMinor < 0 || devMajor > 0xfff || devMinor > 0xfffff) {
    throw refusal(`the device number ${devMajor}:${devMinor} is out of range`);
  }
  const major = BigInt(devMajor);
  const minor = BigInt(devMinor);
  return (major << 8n) | (minor & 0xffn) | ((minor & ~0xffn) << 12n);
}
