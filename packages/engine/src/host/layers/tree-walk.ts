/** Archives a tree that others may be changing: by descriptors, so that nothing outside can get into it. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type IdMappings, insideId } from "@podwright/spec/values/id-map";
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readdirSync } from "node:fs";
import type { TreeOwner } from "../../ports/open-tree.ts";
import { paxSparseMap } from "../../tar/sparse-map.ts";
import { type TarEntryData, tarEnd, tarHeader, tarPadding } from "../../tar/tar-writer.ts";
import { getXattrOf, listXattrsOf, readlinkOf } from "../sys/byte-files.ts";
import { dataRuns } from "../sys/file-holes.ts";
import { isErrno } from "../sys/libc.ts";
import { O_PATH, openPlain, openThroughMounts } from "../sys/openat2.ts";
import { OutputChunk } from "./output-chunk.ts";
import { readRun } from "./read-run.ts";
import { FUSE_OPAQUE, overlayMarks } from "../sys/overlay-marks.ts";

const S_IFMT = 0o170000;
const TYPES: Readonly<Record<number, TarEntryData["type"]>> = {
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
  0o020000: "char",
  0o060000: "block",
  0o010000: "fifo",
};
const WHITEOUT = Buffer.from(".wh.");
const OPAQUE = Buffer.from(".wh..wh..opq");
const OPAQUE_REMAINS = Buffer.from(".wh..opq");
const SLASH = Buffer.from("/");
/** What overlayfs notes of directories and files that are only half in the upper directory. */
const BORROWED = ["trusted.overlay.redirect", "trusted.overlay.metacopy"];
/** A hole below this is not worth a form of tar that fewer know. */
const WORTH_A_MAP = 1 << 20;
const MAX_RUNS = 1 << 16;
const KEPT_XATTR = /^(user\.(?!overlay\.|fuseoverlayfs\.)|security\.(capability|ima)$|system\.posix_acl_)/;

export interface WalkOptions {
  /** The archive is a layer: of an overlay's upper directory, or of all that a container shows. */
  readonly layer?: "upper" | "merged";
  /** Of an upper directory: files whose names begin so are deletions, as fuse-overlayfs notes them. */
  readonly fileMarks?: boolean;
  /** Of the top directory in the archive; empty: names begin below it. */
  readonly name: Buffer;
  /** The top directory has an entry of its own. */
  readonly topEntry: boolean;
  readonly crossMounts: boolean;
  readonly owner?: TreeOwner;
  /** See ReadTree. */
  readonly ids?: IdMappings;
  /** Names in the top directory that are left out, as latin1 text. */
  readonly skip?: ReadonlySet<string>;
  readonly sparse?: boolean;
}

interface SparseFile {
  readonly fd: number;
  readonly size: number;
  readonly runs: readonly { readonly offset: number; readonly length: number }[];
}

type Leaf = Exclude<TarEntryData["type"], "directory">;

export class TreeWalk {
  readonly #root: number;
  readonly #options: WalkOptions;
  readonly #out = new OutputChunk();
  /** First names of files that have several. */
  readonly #links = new Map<string, Buffer>();

  /** `root` is a descriptor of the top: a directory for `tree`, anything (opened by O_PATH, perhaps) for `single`. */
  constructor(root: number, options: WalkOptions) {
    this.#root = root;
    this.#options = options;
  }

  async *tree(): AsyncGenerator<Uint8Array> {
    yield* this.#directory(Buffer.alloc(0));
    yield* this.#end();
  }

  /** What is no directory: one entry, named as the options say. */
  async *single(): AsyncGenerator<Uint8Array> {
    const stat = fstatSync(this.#root, { bigint: true });
    const type = TYPES[Number(stat.mode) & S_IFMT];
    if (type !== undefined && type !== "directory") {
      yield* this.#leaf(Buffer.alloc(0), { type, fd: this.#root, stat });
    }
    yield* this.#end();
  }

  *#end(): Generator<Uint8Array> {
    yield* this.#out.add(tarEnd());
    yield* this.#out.rest();
  }

  /** The directory itself, and all below it in the order of names' bytes. */
  async *#directory(path: Buffer): AsyncGenerator<Uint8Array> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const fd = this.#open(path, flags);
    if (fd === undefined) return;
    let names: Buffer[];
    try {
      if (path.length > 0 || this.#options.topEntry) {
        const xattrs = this.#xattrs(fd, path);
        const shown = this.#named(path);
        const name = Buffer.concat([shown.length === 0 ? Buffer.from(".") : shown, SLASH]);
        const stat = fstatSync(fd, { bigint: true });
        yield* this.#header({ ...this.#common(stat), type: "directory", name, size: 0, xattrs });
      }
      names = readdirSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }).map((entry) => Buffer.from(entry));
      if (this.#options.layer === "upper" && isOpaque(fd)) {
        yield* this.#marker(joined(path, OPAQUE));
        names = names.filter((name) => !name.equals(OPAQUE));
      }
    } finally {
      closeSync(fd);
    }
    const { skip } = this.#options;
    for (const name of names.sort((a, b) => a.compare(b))) {
      if (path.length > 0 || skip?.has(name.toString("latin1")) !== true) yield* this.#entry(path, name);
    }
  }

  async *#entry(parent: Buffer, name: Buffer): AsyncGenerator<Uint8Array> {
    const { layer, fileMarks } = this.#options;
    const path = joined(parent, name);
    const fd = this.#open(path, O_PATH | constants.O_NOFOLLOW);
    if (fd === undefined) return;
    try {
      const stat = fstatSync(fd, { bigint: true });
      const type = TYPES[Number(stat.mode) & S_IFMT];
      // A socket is nothing without the process that made it.
      if (type === undefined) return;
      if (type === "char" && stat.rdev === 0n && layer === "upper") {
        // What fuse-overlayfs leaves of a mark that it took away itself.
        if (fileMarks === true && name.equals(OPAQUE_REMAINS)) return;
        yield* this.#marker(joined(parent, Buffer.concat([WHITEOUT, name])));
        return;
      }
      if (layer !== undefined && name.subarray(0, WHITEOUT.length).equals(WHITEOUT)) {
        if (fileMarks !== true) throw unspeakable(path);
        yield* this.#marker(path);
        return;
      }
      if (type === "directory") yield* this.#directory(path);
      else yield* this.#leaf(path, { type, fd, stat });
    } finally {
      closeSync(fd);
    }
  }

  async *#leaf(
    path: Buffer,
    { type, fd, stat }: { readonly type: Leaf; readonly fd: number; readonly stat: BigIntStats },
  ): AsyncGenerator<Uint8Array> {
    const name = this.#named(path);
    const base = { ...this.#common(stat), name, size: 0 };
    const first = stat.nlink > 1n ? this.#firstName(stat, name) : undefined;
    if (first !== undefined) {
      yield* this.#header({ ...base, type: "hardlink", linkName: first });
      return;
    }
    const entry = { ...base, xattrs: this.#xattrs(fd, path) };
    if (type === "file") yield* this.#file(entry, fd);
    else if (type === "symlink") yield* this.#header({ ...entry, type, linkName: readlinkOf(fd) });
    else yield* this.#header({ ...entry, type, ...deviceOf(stat) });
  }

  /** Remembers the name where it is the file's first. */
  #firstName({ dev, ino }: BigIntStats, name: Buffer): Buffer | undefined {
    const key = `${dev}:${ino}`;
    const first = this.#links.get(key);
    if (first === undefined) this.#links.set(key, name);
    return first;
  }

  /** Opened anew by its descriptor: whatever comes to the name meanwhile, it is this file that is read. */
  async *#file(entry: Omit<TarEntryData, "type">, pathFd: number): AsyncGenerator<Uint8Array> {
    const fd = openSync(`/proc/self/fd/${pathFd}`, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = fstatSync(fd);
      const runs = this.#options.sparse === true && size > 0 ? [...dataRuns(fd, size)] : [];
      const data = runs.reduce((total, { length }) => total + length, 0);
      if (this.#options.sparse === true && size - data >= WORTH_A_MAP && runs.length <= MAX_RUNS) {
        return yield* this.#sparse(entry, { fd, size, runs });
      }
      yield* this.#header({ ...entry, type: "file", size });
      yield* this.#run(fd, { offset: 0, length: size });
      yield* this.#out.add(tarPadding(size));
    } finally {
      closeSync(fd);
    }
  }

  async *#sparse(
    entry: Omit<TarEntryData, "type">,
    { fd, size, runs }: SparseFile,
  ): AsyncGenerator<Uint8Array> {
    const map = paxSparseMap(runs);
    const stored = runs.reduce((total, { length }) => total + length, map.length);
    yield* this.#header({ ...entry, type: "file", size: stored, sparse: { realSize: size } });
    yield* this.#out.add(map);
    for (const run of runs) yield* this.#run(fd, run);
    yield* this.#out.add(tarPadding(stored));
  }

  async *#run(
    fd: number,
    run: { readonly offset: number; readonly length: number },
  ): AsyncGenerator<Uint8Array> {
    const read = yield* readRun(fd, run, this.#out);
    // The header has promised as much as there was.
    for (let left = run.length - read; left > 0; left -= 1 << 20)
      yield* this.#out.add(Buffer.alloc(Math.min(left, 1 << 20)));
  }

  *#marker(name: Buffer): Generator<Uint8Array> {
    const mtime = { seconds: 0, nanoseconds: 0 };
    yield* this.#header({ type: "file", name, mode: 0, uid: 0, gid: 0, size: 0, mtime });
  }

  *#header(entry: TarEntryData): Generator<Uint8Array> {
    yield* this.#out.add(tarHeader(entry));
  }

  /** As the archive names it. */
  #named(path: Buffer): Buffer {
    const { name } = this.#options;
    if (name.length === 0) return path;
    return path.length === 0 ? name : Buffer.concat([name, SLASH, path]);
  }

  #common(stat: BigIntStats): Pick<TarEntryData, "mode" | "uid" | "gid" | "mtime"> {
    const { ids, owner } = this.#options;
    const found = common(stat);
    if (ids === undefined || owner !== undefined) return { ...found, ...owner };
    const { uid, gid } = found;
    return { ...found, uid: insideId(ids.uid, uid) ?? NOBODY, gid: insideId(ids.gid, gid) ?? NOBODY };
  }

  /** undefined for what has gone meanwhile, or become a symlink or a mount. */
  #open(path: Buffer, flags: number): number | undefined {
    const open = this.#options.crossMounts ? openThroughMounts : openPlain;
    try {
      return open(this.#root, path.length === 0 ? "." : path, flags);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EXDEV", "ENXIO")) return undefined;
      throw error;
    }
  }

  #xattrs(fd: number, path: Buffer): Map<string, Buffer> {
    const kept = new Map<string, Buffer>();
    for (const key of listXattrsOf(fd)) {
      if (this.#options.layer === "upper" && BORROWED.includes(key)) throw borrowed(path);
      const value = KEPT_XATTR.test(key) ? getXattrOf(fd, key) : undefined;
      if (value !== undefined) kept.set(key, value);
    }
    return kept;
  }
}

/** What the kernel shows of owners that a user namespace does not have. */
const NOBODY = 65_534;

function common(stat: BigIntStats): Pick<TarEntryData, "mode" | "uid" | "gid" | "mtime"> {
  const second = 1_000_000_000n;
  const nanoseconds = ((stat.mtimeNs % second) + second) % second;
  return {
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: { seconds: Number((stat.mtimeNs - nanoseconds) / second), nanoseconds: Number(nanoseconds) },
  };
}

/** linux/kdev_t.h, new encoding. */
function deviceOf({ rdev }: BigIntStats): { devMajor: number; devMinor: number } {
  return {
    devMajor: Number((rdev >> 8n) & 0xfffn),
    devMinor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)),
  };
}

function isOpaque(fd: number): boolean {
  return [overlayMarks().opaque, FUSE_OPAQUE].some((key) => getXattrOf(fd, key)?.toString("latin1") === "y");
}

function joined(parent: Buffer, name: Buffer): Buffer {
  return parent.length === 0 ? name : Buffer.concat([parent, SLASH, name]);
}

function unspeakable(path: Buffer): EngineError {
  const shown = JSON.stringify(path.toString("utf8"));
  return new EngineError(
    "IMAGE_LAYER_INVALID",
    `${shown} cannot be part of a layer: its name means a deletion`,
  );
}

function borrowed(path: Buffer): EngineError {
  const shown = JSON.stringify(path.toString("utf8"));
  return new EngineError(
    "IMAGE_LAYER_INVALID",
    `${shown} has only a reference to another layer here: the kernel's overlay module runs with redirect_dir or metacopy`,
    { hint: "use --squash, which reads the whole file system" },
  );
}
