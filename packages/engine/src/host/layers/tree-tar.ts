/** Archives a tree that others may be changing: by descriptors, so that nothing outside can get into it. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readdirSync } from "node:fs";
import type { TreeArchiver } from "../../ports/tree-archiver.ts";
import { type TarEntryData, tarEnd, tarHeader, tarPadding } from "../../tar/tar-writer.ts";
import { getXattrOf, listXattrsOf, readlinkOf } from "../sys/byte-files.ts";
import { isErrno } from "../sys/libc.ts";
import { O_PATH, openPlain } from "../sys/openat2.ts";
import { OutputChunk } from "./output-chunk.ts";
import { readRun } from "./read-run.ts";

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
const SLASH = Buffer.from("/");
/** What overlayfs notes of directories and files that are only half in the upper directory. */
const BORROWED = ["trusted.overlay.redirect", "trusted.overlay.metacopy"];
const KEPT_XATTR = /^(user\.(?!overlay\.)|security\.(capability|ima)$|system\.posix_acl_)/;

export class TreeTar implements TreeArchiver {
  changes(directory: string): AsyncIterable<Uint8Array> {
    return archive(directory, "upper");
  }

  whole(directory: string): AsyncIterable<Uint8Array> {
    return archive(directory, "merged");
  }
}

type TreeKind = "upper" | "merged";

async function* archive(directory: string, kind: TreeKind): AsyncGenerator<Uint8Array> {
  const root = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const walk = new Walk(root, kind);
    yield* walk.directory(Buffer.alloc(0));
    yield* walk.end();
  } finally {
    closeSync(root);
  }
}

class Walk {
  readonly #root: number;
  readonly #kind: TreeKind;
  readonly #out = new OutputChunk();
  /** First names of files that have several. */
  readonly #links = new Map<string, Buffer>();

  constructor(root: number, kind: TreeKind) {
    this.#root = root;
    this.#kind = kind;
  }

  *end(): Generator<Uint8Array> {
    yield* this.#out.add(tarEnd());
    yield* this.#out.rest();
  }

  /** The directory itself, and all below it in the order of names' bytes. */
  async *directory(path: Buffer): AsyncGenerator<Uint8Array> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const fd = this.#open(path, flags);
    if (fd === undefined) return;
    let names: Buffer[];
    try {
      const xattrs = this.#xattrs(fd, path);
      const name = Buffer.concat([path.length === 0 ? Buffer.from(".") : path, SLASH]);
      yield* this.#header({
        ...common(fstatSync(fd, { bigint: true })),
        type: "directory",
        name,
        size: 0,
        xattrs,
      });
      if (this.#kind === "upper" && isOpaque(fd)) yield* this.#marker(joined(path, OPAQUE));
      names = readdirSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }).map((entry) => Buffer.from(entry));
    } finally {
      closeSync(fd);
    }
    for (const name of names.sort((a, b) => a.compare(b))) yield* this.#entry(path, name);
  }

  async *#entry(parent: Buffer, name: Buffer): AsyncGenerator<Uint8Array> {
    const path = joined(parent, name);
    const fd = this.#open(path, O_PATH | constants.O_NOFOLLOW);
    if (fd === undefined) return;
    try {
      const stat = fstatSync(fd, { bigint: true });
      const type = TYPES[Number(stat.mode) & S_IFMT];
      // A socket is nothing without the process that made it.
      if (type === undefined) return;
      if (type === "char" && stat.rdev === 0n && this.#kind === "upper") {
        yield* this.#marker(joined(parent, Buffer.concat([WHITEOUT, name])));
        return;
      }
      if (name.subarray(0, WHITEOUT.length).equals(WHITEOUT)) throw unspeakable(path);
      if (type === "directory") yield* this.directory(path);
      else yield* this.#leaf(path, type, fd, stat);
    } finally {
      closeSync(fd);
    }
  }

  async *#leaf(
    path: Buffer,
    type: Exclude<TarEntryData["type"], "directory">,
    fd: number,
    stat: BigIntStats,
  ): AsyncGenerator<Uint8Array> {
    const base = { ...common(stat), name: path, size: 0 };
    const first = stat.nlink > 1n ? this.#firstName(stat, path) : undefined;
    if (first !== undefined) {
      yield* this.#header({ ...base, type: "hardlink", linkName: first });
      return;
    }
    const entry = { ...base, xattrs: this.#xattrs(fd, path) };
    if (type === "file") yield* this.#file(entry, stat);
    else if (type === "symlink") yield* this.#header({ ...entry, type, linkName: readlinkOf(fd) });
    else yield* this.#header({ ...entry, type, ...deviceOf(stat) });
  }

  /** Remembers the name where it is the file's first. */
  #firstName({ dev, ino }: BigIntStats, path: Buffer): Buffer | undefined {
    const key = `${dev}:${ino}`;
    const first = this.#links.get(key);
    if (first === undefined) this.#links.set(key, path);
    return first;
  }

  async *#file(entry: Omit<TarEntryData, "type">, seen: BigIntStats): AsyncGenerator<Uint8Array> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const fd = this.#open(entry.name, flags);
    if (fd === undefined) return;
    try {
      const stat = fstatSync(fd, { bigint: true });
      // Another file has come to the name meanwhile.
      if (stat.ino !== seen.ino || !stat.isFile()) return;
      const size = Number(stat.size);
      yield* this.#header({ ...entry, type: "file", size });
      const read = yield* readRun(fd, { offset: 0, length: size }, this.#out);
      // The header has promised as much as there was.
      for (let left = size - read; left > 0; left -= 1 << 20)
        yield* this.#out.add(Buffer.alloc(Math.min(left, 1 << 20)));
      yield* this.#out.add(tarPadding(size));
    } finally {
      closeSync(fd);
    }
  }

  *#marker(name: Buffer): Generator<Uint8Array> {
    const mtime = { seconds: 0, nanoseconds: 0 };
    yield* this.#header({ type: "file", name, mode: 0, uid: 0, gid: 0, size: 0, mtime });
  }

  *#header(entry: TarEntryData): Generator<Uint8Array> {
    yield* this.#out.add(tarHeader(entry));
  }

  /** undefined for what has gone meanwhile, or become a symlink or a mount. */
  #open(path: Buffer, flags: number): number | undefined {
    try {
      return openPlain(this.#root, path.length === 0 ? "." : path, flags);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EXDEV", "ENXIO")) return undefined;
      throw error;
    }
  }

  #xattrs(fd: number, path: Buffer): Map<string, Buffer> {
    const kept = new Map<string, Buffer>();
    for (const key of listXattrsOf(fd)) {
      if (this.#kind === "upper" && BORROWED.includes(key)) throw borrowed(path);
      const value = KEPT_XATTR.test(key) ? getXattrOf(fd, key) : undefined;
      if (value !== undefined) kept.set(key, value);
    }
    return kept;
  }
}

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
  return getXattrOf(fd, "trusted.overlay.opaque")?.toString("latin1") === "y";
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
