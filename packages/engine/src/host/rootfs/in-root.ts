/** RootFiles by openat2(RESOLVE_IN_ROOT); descriptors are used through /proc/self/fd, never paths of the image. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { cleanPath } from "@podwright/spec/values/container-path";
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import type { CopiedUp, DirectoryOwner, RootEntryKind, RootFiles } from "../../ports/root-files.ts";
import { runChecked } from "../process/run.ts";
import { isErrno } from "../sys/libc.ts";
import { O_PATH, openInRoot } from "../sys/openat2.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_NONBLOCK } = constants;

export class InRootFiles implements RootFiles {
  kind(root: string, path: string): RootEntryKind | undefined {
    return withFd(openBelow(root, path, O_PATH | O_NOFOLLOW), (fd) => {
      const stat = fstatSync(fd);
      if (stat.isFile()) return "file";
      if (stat.isDirectory()) return "directory";
      return stat.isSymbolicLink() ? "link" : "other";
    });
  }

  resolve(root: string, path: string): string {
    const pending = partsOf(path);
    const resolved: string[] = [];
    let links = 0;
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === "..") {
        resolved.pop();
        continue;
      }
      const target = linkTarget(root, resolved, name);
      if (target === undefined) {
        resolved.push(name);
        continue;
      }
      if (++links > MAX_LINKS)
        throw invalid(`${path} in the container's image: too many levels of symbolic links`);
      if (target.startsWith("/")) resolved.length = 0;
      pending.unshift(...partsOf(target));
    }
    return `/${resolved.join("/")}`;
  }

  readText(root: string, path: string, maxBytes: number): string | undefined {
    return withFd(openBelow(root, path, O_PATH), (fd) => {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw invalid(`${path} in the container's image is not a regular file`);
      if (stat.size > maxBytes)
        throw invalid(`${path} in the container's image is larger than ${maxBytes} bytes`);
      return readBounded(fd, path, { expected: stat.size, most: maxBytes });
    });
  }

  async appendText(...args: Parameters<RootFiles["appendText"]>): Promise<boolean> {
    const { appendText } = await import("./append-text.ts");
    return appendText(...args);
  }

  makeDirectory(root: string, path: string, owner: DirectoryOwner): boolean {
    const parts = cleanPath(path).split("/").filter(Boolean);
    let made = false;
    for (let i = 0; i < parts.length; i++) {
      const parent = `/${parts.slice(0, i).join("/")}`;
      made = makeOne({ root, parent, name: parts[i] ?? "", path, owner });
    }
    return made;
  }

  async mapped(): Promise<RootFiles> {
    const { MappedRootFiles } = await import("./mapped-root.ts");
    return new MappedRootFiles();
  }

  async copyUp(root: string, path: string, target: string): Promise<CopiedUp | undefined> {
    const fd = openBelow(root, path, O_PATH);
    if (fd === undefined) return undefined;
    try {
      if (!fstatSync(fd).isDirectory()) return undefined;
      // `cp -a DIR/.` keeps owners, modes, times, xattrs and hard links, and never follows a link below DIR.
      const source = `/proc/${process.pid}/fd/${fd}/.`;
      await runChecked({ argv: ["cp", "-a", "--no-target-directory", "--", source, target] });
      return readdirSync(source).length > 0 ? "content" : "attributes";
    } finally {
      closeSync(fd);
    }
  }

  async giveTo(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): Promise<void> {
    // fts of GNU chown goes by descriptors: nobody can lead it out of the tree while it walks.
    await runChecked({ argv: ["chown", "-R", "-h", "-P", "--", `${uid}:${gid}`, path] });
  }

  async giveGroup(path: string, gid: number): Promise<void> {
    const { giveGroup } = await import("./give-group.ts");
    giveGroup(path, gid);
  }

  async pin(root: string, path: string, target: string): Promise<boolean> {
    const { MS, mount } = await import("../sys/mount.ts");
    const pinned = withFd(openBelow(root, path, O_PATH), (fd) => {
      if (fstatSync(fd).isDirectory()) mkdirSync(target);
      else closeSync(openSync(target, "wx", 0o600));
      mount({ source: `/proc/self/fd/${fd}`, target, flags: MS.BIND });
      // What is mounted below the source from now on would be unmounted there together with this.
      mount({ source: "none", target, flags: MS.PRIVATE });
      return true;
    });
    return pinned === true;
  }
}

/** As the kernel counts (path_resolution(7)). */
const MAX_LINKS = 40;

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** Undefined when the entry is no link, or is not there. `parent` has no links in it. */
function linkTarget(root: string, parent: readonly string[], name: string): string | undefined {
  return withFd(openBelow(root, `/${parent.join("/")}`, O_PATH | O_NOFOLLOW), (fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}/${name}`);
    } catch (error) {
      if (isErrno(error, "EINVAL", "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  });
}

interface MakeOne {
  readonly root: string;
  readonly parent: string;
  readonly name: string;
  readonly path: string;
  readonly owner: DirectoryOwner;
}

/** One component: its parent is a descriptor below the root, and mkdir follows no link at the end of a path. */
function makeOne({ root, parent, name, path, owner }: MakeOne): boolean {
  const full = `${parent === "/" ? "" : parent}/${name}`;
  const there = withFd(openBelow(root, full, O_PATH), (fd) => fstatSync(fd).isDirectory());
  if (there === true) return false;
  if (there === false) throw invalid(`${full} in the container's image is not a directory`);
  const made = withFd(openBelow(root, parent, O_PATH | O_DIRECTORY), (fd) => {
    const host = `/proc/self/fd/${fd}/${name}`;
    try {
      mkdirSync(host, { mode: 0o700 });
    } catch (error) {
      if (isErrno(error, "EEXIST")) throw invalid(`${path} in the container's image leads to nothing`);
      throw error;
    }
    lchownSync(host, owner.uid, owner.gid);
    chmodSync(host, owner.mode);
    return true;
  });
  return made === true;
}

/** Undefined when nothing is at the path. */
function openBelow(root: string, path: string, flags: number): number | undefined {
  const rootFd = openSync(root, O_PATH | O_DIRECTORY);
  try {
    return openInRoot(rootFd, path, flags);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  } finally {
    closeSync(rootFd);
  }
}

function withFd<T>(fd: number | undefined, use: (fd: number) => T): T | undefined {
  if (fd === undefined) return undefined;
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

interface Bound {
  /** Bytes that there were at a look: usually what there is. */
  readonly expected: number;
  readonly most: number;
}

/** Memory for what is there, not for what might be: megabytes of zeroes take longer than all the rest of a start. */
function readBounded(pathFd: number, path: string, { expected, most }: Bound): string {
  const fd = openSync(`/proc/self/fd/${pathFd}`, O_RDONLY | O_NONBLOCK);
  try {
    // One byte more than is there: room for the read that meets the end.
    let buffer = Buffer.allocUnsafe(Math.min(expected, most) + 1);
    let length = 0;
    for (;;) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.toString("utf8", 0, length);
      length += count;
      if (length > most) throw invalid(`${path} in the container's image is larger than ${most} bytes`);
      if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    }
  } finally {
    closeSync(fd);
  }
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_ROOTFS_INVALID", message);
}
