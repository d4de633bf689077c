/** Puts the entries of a tar into a tree that others may be changing: each by a descriptor of its directory. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { outsideId } from "@podwright/spec/values/id-map";
import { chownSync, closeSync, constants, fchmodSync, fchownSync, fstatSync, ftruncateSync } from "node:fs";
import type { TreeOwner, WriteTree } from "../../../ports/open-tree.ts";
import type { TarHeader } from "../../../tar/tar-entry.ts";
import type { TarEntry } from "../../../tar/tar-reader.ts";
import {
  linkBytes,
  lstatBytes,
  mkdirBytes,
  mknodBytes,
  openBytes,
  setTimes,
  setXattrOf,
  symlinkBytes,
  unlinkBytes,
} from "../../sys/byte-files.ts";
import { withFileIds } from "../../sys/file-ids.ts";
import { isErrno } from "../../sys/libc.ts";
import { O_PATH, openInRoot } from "../../sys/openat2.ts";
import { baseOf, joinName, normalizeName, parentOf, prefixesOf } from "../unpack/entry-name.ts";
import { removeBelow } from "./remove-below.ts";
import { writeWithHoles } from "./write-with-holes.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const O_CLOEXEC = 0o2000000;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFIFO = 0o010000;
const MAX_DIRECTORIES = 1 << 20;
const SLASH = 0x2f;

export class EntryPlacer {
  readonly #root: number;
  readonly #base: Buffer;
  readonly #options: WriteTree;
  readonly #directoryTimes: { readonly path: Buffer; readonly header: TarHeader }[] = [];
  #parent: { readonly path: Buffer; readonly fd: number } | undefined;

  /** `base` is the directory below `root` that names in the archive begin in. */
  constructor(root: number, base: string, options: WriteTree) {
    this.#root = root;
    this.#base = Buffer.from(base);
    this.#options = options;
  }

  async place(entry: TarEntry): Promise<void> {
    const { header } = entry;
    const path = normalized(header.name);
    if (header.type === "char" || header.type === "block") {
      this.#options.onSkipped?.(this.#shown(path));
      return;
    }
    try {
      if (path.length === 0) this.#top(header);
      else await this.#create(path, entry);
    } catch (error) {
      throw this.#failure(path, error);
    }
  }

  /** What later entries would have changed: the times of directories. */
  finish(): void {
    const seen = new Set<string>();
    for (const { path, header } of this.#directoryTimes.reverse()) {
      const key = path.toString("latin1");
      if (!seen.has(key)) this.#setDirectoryTimes(path, header);
      seen.add(key);
    }
  }

  close(): void {
    if (this.#parent !== undefined) closeSync(this.#parent.fd);
    this.#parent = undefined;
  }

  #top(header: TarHeader): void {
    if (header.type !== "directory") throw refused("the archive's top is not a directory");
    this.#dress(this.#openBelow(Buffer.alloc(0), O_RDONLY | O_DIRECTORY), header);
    this.#rememberTimes(Buffer.alloc(0), header);
  }

  async #create(path: Buffer, entry: TarEntry): Promise<void> {
    const { header } = entry;
    const name = this.#nameOf(path);
    switch (header.type) {
      case "directory":
        return this.#directory(path, name, header);
      case "file":
        return await this.#file(path, name, entry);
      case "symlink":
        if (header.linkName.length === 0 || header.linkName.includes(0))
          throw refused("the symbolic link's target is invalid");
        this.#make({ path, name, call: "symlink" }, () => symlinkBytes(header.linkName, name));
        return this.#dressInode(name, header);
      case "fifo":
        this.#make({ path, name, call: "mkfifo" }, () => mknodBytes(name, S_IFIFO | header.mode, 0n));
        return this.#dressInode(name, header);
      case "hardlink":
        return this.#hardlink(path, name, header);
      case "char":
      case "block":
      case "other":
        throw refused(`the entry's type ${JSON.stringify(header.flag)} is not known`);
    }
  }

  #directory(path: Buffer, name: Buffer, header: TarHeader): void {
    try {
      this.#asOwner(() => mkdirBytes(name, 0o700));
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      // A link to a directory is none, as for Podman.
      if ((lstatBytes(name).mode & S_IFMT) !== S_IFDIR) {
        if (!this.#options.overwrite) throw inTheWay("mkdir", this.#shown(path));
        unlinkBytes(name, "file");
        this.#asOwner(() => mkdirBytes(name, 0o700));
      }
    }
    this.#dress(openBytes(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0), header);
    this.#rememberTimes(path, header);
  }

  async #file(path: Buffer, name: Buffer, entry: TarEntry): Promise<void> {
    const { header } = entry;
    const flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
    const fd = this.#make({ path, name, call: "open" }, () => openBytes(name, flags, 0o600));
    try {
      await entry.read((data, position) => writeWithHoles(fd, data, position));
      ftruncateSync(fd, header.size);
      this.#own(fd, header);
    } finally {
      closeSync(fd);
    }
    setTimes(name, ...timesOf(header));
  }

  #hardlink(path: Buffer, name: Buffer, header: TarHeader): void {
    const target = normalized(header.linkName);
    const shown = JSON.stringify(header.linkName.toString("utf8"));
    if (target.length === 0 || target.equals(path)) throw refused("the hard link's target is invalid");
    const directory = this.#openBelow(parentOf(target), O_PATH | O_DIRECTORY);
    try {
      const source = inDirectory(directory, baseOf(target));
      if ((lstatBytes(source).mode & S_IFMT) === S_IFDIR)
        throw refused(`hard link to ${shown}, which is a directory`);
      this.#make({ path, name, call: "link" }, () => linkBytes(source, name));
    } finally {
      closeSync(directory);
    }
  }

  /** Creates a name anew; what is there gives way, a directory only where that is allowed. */
  #make<T>({ path, name, call }: { path: Buffer; name: Buffer; call: string }, create: () => T): T {
    try {
      return this.#asOwner(create);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    if ((lstatBytes(name).mode & S_IFMT) === S_IFDIR) {
      if (!this.#options.overwrite) throw inTheWay(call, this.#shown(path));
      removeBelow(name);
    } else {
      unlinkBytes(name, "file");
    }
    return this.#asOwner(create);
  }

  /** In a tree with mapped owners nobody can make a file whose ids it does not know. */
  #asOwner<T>(create: () => T): T {
    const { ids } = this.#options;
    return ids === undefined ? create() : withFileIds(this.#outside({ uid: 0, gid: 0 }), create);
  }

  #outside(inside: TreeOwner): TreeOwner {
    const { ids } = this.#options;
    if (ids === undefined) return inside;
    const uid = outsideId(ids.uid, inside.uid);
    const gid = outsideId(ids.gid, inside.gid);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
    throw refused(`the container's user namespace has no ids ${inside.uid}:${inside.gid}`);
  }

  /** Takes the descriptor over. */
  #dress(fd: number, header: TarHeader): void {
    try {
      this.#own(fd, header);
    } finally {
      closeSync(fd);
    }
  }

  /** The owner first: giving a file away takes its set-id bits and capabilities. */
  #own(fd: number, header: TarHeader): void {
    const { uid, gid } = this.#outside(this.#options.owner ?? header);
    fchownSync(fd, uid, gid);
    fchmodSync(fd, header.mode);
    for (const [key, value] of header.xattrs) {
      if (!RESTORED.test(key)) continue;
      try {
        setXattrOf(fd, key, value);
      } catch (error) {
        if (!isErrno(error, "ENOTSUP", "EOPNOTSUPP", "EPERM")) throw error;
      }
    }
  }

  /** Of what cannot be opened: by a descriptor all the same, so that it is not another file's owner that changes. */
  #dressInode(name: Buffer, header: TarHeader): void {
    const { uid, gid } = this.#outside(this.#options.owner ?? header);
    const fd = openBytes(name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    try {
      const isLink = fstatSync(fd).isSymbolicLink();
      if (isLink === (header.type === "symlink")) chownSync(`/proc/self/fd/${fd}`, uid, gid);
    } finally {
      closeSync(fd);
    }
    setTimes(name, ...timesOf(header));
  }

  #rememberTimes(path: Buffer, header: TarHeader): void {
    if (this.#directoryTimes.length >= MAX_DIRECTORIES) throw refused("the archive has too many directories");
    this.#directoryTimes.push({ path: Buffer.from(path), header: { ...header, xattrs: new Map() } });
  }

  #setDirectoryTimes(path: Buffer, header: TarHeader): void {
    try {
      const fd = this.#openBelow(path, O_PATH | O_DIRECTORY);
      try {
        setTimes(inDirectory(fd, Buffer.from(".")), ...timesOf(header));
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      // Somebody in the container has taken it away.
      if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
    }
  }

  /** A path of ours whose last part alone is looked up: the directory is a descriptor, and is made where it lacks. */
  #nameOf(path: Buffer): Buffer {
    const parent = parentOf(path);
    if (this.#parent?.path.equals(parent) !== true) {
      this.close();
      this.#parent = { path: Buffer.from(parent), fd: this.#ensureDirectory(parent) };
    }
    return inDirectory(this.#parent?.fd ?? -1, baseOf(path));
  }

  #ensureDirectory(path: Buffer): number {
    try {
      return this.#openBelow(path, O_PATH | O_DIRECTORY);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
    for (const prefix of prefixesOf(path)) this.#makeMissing(prefix);
    return this.#openBelow(path, O_PATH | O_DIRECTORY);
  }

  #makeMissing(path: Buffer): void {
    const parent = this.#openBelow(parentOf(path), O_PATH | O_DIRECTORY);
    try {
      const name = inDirectory(parent, baseOf(path));
      this.#asOwner(() => mkdirBytes(name, 0o755));
      const { uid, gid } = this.#outside(this.#options.owner ?? { uid: 0, gid: 0 });
      const fd = openBytes(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
      try {
        fchownSync(fd, uid, gid);
        fchmodSync(fd, 0o755);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    } finally {
      closeSync(parent);
    }
  }

  /** Links on the way are followed, but never out of the root. */
  #openBelow(path: Buffer, flags: number): number {
    return openInRoot(this.#root, path.length === 0 ? this.#base : joinName(this.#base, path), flags);
  }

  #shown(path: Buffer): string {
    const whole = joinName(this.#base, path).toString("utf8");
    return whole.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
  }

  #failure(path: Buffer, error: unknown): unknown {
    if (!(error instanceof EngineError) || error.code === "CANCELED") return error;
    if (error.code !== "HOST_CALL_FAILED" && error.code !== "FILES_COPY_FAILED") return error;
    const full = isErrno(error, "ENOSPC", "EDQUOT", "EIO", "EROFS", "ENOMEM");
    return new EngineError(
      full ? "HOST_CALL_FAILED" : "FILES_COPY_FAILED",
      `error creating ${JSON.stringify(this.#shown(path))}: ${reasonOf(error)}`,
      { cause: error, details: error.details },
    );
  }
}

/** Those that need no more than owning the file, and file capabilities. */
const RESTORED = /^(user\.(?!overlay\.|fuseoverlayfs\.)|security\.capability$|system\.posix_acl_)/;

function normalized(name: Buffer): Buffer {
  try {
    return normalizeName(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(
      `entry ${JSON.stringify(name.toString("utf8"))}: ${reason.replace("the layer", "its place")}`,
    );
  }
}

function inDirectory(fd: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}`), Buffer.of(SLASH), name]);
}

function timesOf({ mtime, atime }: TarHeader): [TarHeader["mtime"], TarHeader["mtime"]] {
  return [atime === undefined || atime.seconds < mtime.seconds ? mtime : atime, mtime];
}

const REASONS: Readonly<Record<string, string>> = {
  EBUSY: "device or resource busy",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  ENOTDIR: "not a directory",
  ELOOP: "too many levels of symbolic links",
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  ENAMETOOLONG: "file name too long",
};

function reasonOf(error: EngineError): string {
  const name = String(error.details["errno"]);
  return REASONS[name] ?? error.message;
}

function inTheWay(call: string, path: string): EngineError {
  return refused(`${call} ${path}: file exists`);
}

function refused(message: string): EngineError {
  return new EngineError("FILES_COPY_FAILED", message);
}
