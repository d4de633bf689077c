/** Trees by openat2(RESOLVE_IN_ROOT): read as tars, written from tars. */
import type { PathStat } from "@podwright/spec/engine-api/files";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, fstatSync, openSync, readlinkSync, type Stats } from "node:fs";
import type { OpenTree, ReadTree, Trees, WriteTree } from "../../../ports/open-tree.ts";
import { decompress } from "../../../tar/decompress.ts";
import { type TarEntry, TarReader } from "../../../tar/tar-reader.ts";
import { isErrno } from "../../sys/libc.ts";
import { O_PATH, openInRoot } from "../../sys/openat2.ts";
import { TreeWalk, type WalkOptions } from "../tree-walk.ts";
import { EntryPlacer } from "./entry-placer.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** As the kernel counts (path_resolution(7)). */
const MAX_LINKS = 40;

export class KernelTrees implements Trees {
  open(directory: string): OpenTree {
    return new KernelTree(openSync(directory, O_PATH | O_DIRECTORY));
  }
}

class KernelTree implements OpenTree {
  readonly #root: number;

  constructor(root: number) {
    this.#root = root;
  }

  get path(): string {
    return `/proc/self/fd/${this.#root}`;
  }

  stat(path: string): PathStat {
    const target = this.#resolve(path);
    // A slash at the end asks for a directory.
    const fd = this.#open(/\/\.?$/.test(path) ? `${target}/.` : target, O_PATH);
    if (fd === undefined) return { kind: "missing", target, size: 0, mode: 0, modified: 0 };
    try {
      return { target, ...describe(fstatSync(fd)) };
    } finally {
      closeSync(fd);
    }
  }

  async *read(path: string, options: ReadTree): AsyncGenerator<Uint8Array> {
    // A `..` at a path's end is EAGAIN for ever where the mount has been detached: links are followed here first.
    const fd = this.#open(this.#resolve(path), O_PATH) ?? this.#open(path, O_PATH);
    if (fd === undefined) throw notFound(path);
    try {
      yield* readTop(fd, options);
    } finally {
      closeSync(fd);
    }
  }

  async write(directory: string, archive: AsyncIterable<Uint8Array>, options: WriteTree): Promise<void> {
    const top = this.#open(directory, O_PATH | O_DIRECTORY);
    if (top === undefined) throw notFound(directory);
    closeSync(top);
    const placer = new EntryPlacer(this.#root, directory, options);
    const chunks = decompress(archive);
    try {
      const reader = new TarReader(chunks);
      for (let entry = await firstOf(reader); entry !== undefined; entry = await reader.next()) {
        options.signal?.throwIfAborted();
        await placer.place(entry);
      }
      placer.finish();
    } finally {
      placer.close();
      await chunks.return(undefined);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#root);
  }

  #open(path: string, flags: number): number | undefined {
    try {
      return openInRoot(this.#root, path === "" ? "/" : path, flags);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
      throw error;
    }
  }

  /** As a process in the tree would; what is missing stays as it is. */
  #resolve(path: string): string {
    const pending = partsOf(path);
    const resolved: string[] = [];
    let links = 0;
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === "..") {
        resolved.pop();
        continue;
      }
      const target = links < MAX_LINKS ? this.#linkTarget(resolved, name) : undefined;
      if (target === undefined) {
        resolved.push(name);
        continue;
      }
      links++;
      if (target.startsWith("/")) resolved.length = 0;
      pending.unshift(...partsOf(target));
    }
    return `/${resolved.join("/")}`;
  }

  #linkTarget(parent: readonly string[], name: string): string | undefined {
    const fd = this.#open(`/${[...parent, name].join("/")}`, O_PATH | O_NOFOLLOW);
    if (fd === undefined) return undefined;
    try {
      if (!fstatSync(fd).isSymbolicLink()) return undefined;
    } finally {
      closeSync(fd);
    }
    const directory = this.#open(`/${parent.join("/")}`, O_PATH | O_DIRECTORY);
    if (directory === undefined) return undefined;
    try {
      return readlinkSync(`/proc/self/fd/${directory}/${name}`);
    } catch (error) {
      if (isErrno(error, "EINVAL", "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    } finally {
      closeSync(directory);
    }
  }
}

/** What does not even begin as a tar is told from a tar that is broken. */
async function firstOf(reader: TarReader): Promise<TarEntry | undefined> {
  let first: TarEntry | undefined;
  try {
    first = await reader.next();
  } catch (error) {
    if (!isEngineError(error, "IMAGE_ARCHIVE_INVALID")) throw error;
    throw new EngineError("FILES_ARCHIVE_INVALID", `not a tar archive: ${error.message}`, { cause: error });
  }
  if (reader.offset === 0) throw new EngineError("FILES_ARCHIVE_INVALID", "not a tar archive: it is empty");
  return first;
}

/** A tar of what the descriptor is of. */
export async function* readTop(fd: number, options: ReadTree): AsyncGenerator<Uint8Array> {
  const walk: WalkOptions = {
    name: Buffer.from(options.name),
    topEntry: options.name !== "",
    crossMounts: options.crossMounts,
    ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(options.ids === undefined ? {} : { ids: options.ids }),
    ...(options.skip === undefined ? {} : { skip: new Set(options.skip) }),
    ...(options.sparse === undefined ? {} : { sparse: options.sparse }),
  };
  if (!fstatSync(fd).isDirectory()) {
    yield* new TreeWalk(fd, walk).single();
    return;
  }
  const directory = openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_DIRECTORY);
  try {
    yield* new TreeWalk(directory, walk).tree();
  } finally {
    closeSync(directory);
  }
}

export function describe(stat: Stats): Omit<PathStat, "target"> {
  const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
  return { kind, size: stat.size, mode: stat.mode & 0o7777, modified: Math.floor(stat.mtimeMs) };
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function notFound(path: string): EngineError {
  return new EngineError("FILES_NOT_FOUND", `${path}: no such file or directory`);
}
