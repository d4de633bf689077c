/**
 * An overlay whose layers, the upper one too, are mounted with their owners mapped into a user namespace: on disk all
 * files keep the owners that the container sees, so that nothing is copied, and commit, diff and a later start with
 * other ids find what they expect.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type IdMappings, outsideId } from "@podwright/spec/values/id-map";
import { closeSync, constants, mkdirSync, openSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import type { OverlayRequest } from "../../ports/mounts.ts";
import { mapOwners } from "./idmapped-bind.ts";
import { attachMount, FileSystemContext } from "../sys/file-system.ts";
import { withFileIds } from "../sys/file-ids.ts";
import { isErrno } from "../sys/libc.ts";
import { unmountAll } from "../sys/mount.ts";
import { O_PATH } from "../sys/openat2.ts";
import { overlayMarks } from "../sys/overlay-marks.ts";
import { withUserNamespace } from "../sys/user-namespace.ts";

/** Who writes: upper and work directory have to be in one mount, so they have a parent in common. */
type Request = OverlayRequest & { readonly upper: string; readonly work: string };

/** @throws HOST_CALL_FAILED, CONTAINER_INVALID where the kernel or a file system has no such mounts */
export function mountMappedOverlay(request: OverlayRequest, mappings: IdMappings): void {
  const { upper, work } = request;
  if (upper === undefined || work === undefined || dirname(upper) !== dirname(work)) {
    throw new EngineError(
      "HOST_CALL_FAILED",
      `cannot map the owners in ${request.target}: no place for changes`,
    );
  }
  using layers = new MappedLayers({ ...request, upper, work }, mappings);
  const owner = { uid: firstOf(mappings, "uid"), gid: firstOf(mappings, "gid") };
  // The kernel makes the overlay's own files with the ids of who mounts it.
  withFileIds(owner, () => layers.mount());
}

function firstOf(mappings: IdMappings, kind: "uid" | "gid"): number {
  return outsideId(mappings[kind], 0) ?? mappings[kind][0]?.outside ?? 0;
}

/** Detached mounts, lost with their descriptors. */
class MappedLayers implements Disposable {
  readonly #request: Request;
  readonly #open = new DisposableStack();
  readonly #topFirst: number[] = [];
  readonly #store: number;

  constructor(request: Request, mappings: IdMappings) {
    this.#request = request;
    try {
      this.#store = withUserNamespace(mappings, (namespace) => {
        for (const layer of request.lower.toReversed()) this.#topFirst.push(this.#map(layer, namespace));
        return this.#map(dirname(request.upper), namespace);
      });
    } catch (error) {
      this.#open.dispose();
      throw error;
    }
  }

  mount(): void {
    try {
      this.#mountBy((context, key, fd) => context.setDescriptor(key, fd));
    } catch (error) {
      // Before Linux 6.13 an overlay takes paths alone, and before 6.15 no detached mounts.
      if (!isErrno(error, "EINVAL", "EBADF", "ENOENT", "ELOOP")) throw error;
      this.#mountByPaths();
    }
  }

  [Symbol.dispose](): void {
    this.#open.dispose();
  }

  #mountBy(set: (context: FileSystemContext, key: string, fd: number) => void): void {
    using context = new FileSystemContext("overlay");
    context.setString("source", "overlay");
    for (const layer of this.#topFirst) set(context, "lowerdir+", layer);
    for (const key of ["upper", "work"] as const) {
      const fd = openSync(
        `/proc/self/fd/${this.#store}/${this.#request[key].slice(dirname(this.#request[key]).length + 1)}`,
        O_PATH | constants.O_DIRECTORY,
      );
      try {
        set(context, `${key}dir`, fd);
      } finally {
        closeSync(fd);
      }
    }
    if (this.#request.volatile) context.setFlag("volatile");
    const { option } = overlayMarks();
    if (option !== undefined) context.setFlag(option);
    context.mountAt(this.#request.target);
  }

  /** Each gets a place below the target for the moment; the target's own teardown takes away what a kill leaves. */
  #mountByPaths(): void {
    using places = new DisposableStack();
    const root = `${this.#request.work}.mapped`;
    mkdirSync(root, { recursive: true });
    places.defer(() => rmdirSync(root));
    const at = (fd: number): string => `${root}/${fd}`;
    for (const fd of [...this.#topFirst, this.#store]) {
      unmountAll(at(fd));
      mkdirSync(at(fd), { recursive: true });
      places.defer(() => {
        unmountAll(at(fd));
        rmdirSync(at(fd));
      });
      attachMount(fd, at(fd));
    }
    using context = new FileSystemContext("overlay");
    context.setString("source", "overlay");
    for (const fd of this.#topFirst) context.setString("lowerdir+", at(fd));
    for (const key of ["upper", "work"] as const) {
      const path = this.#request[key];
      context.setString(`${key}dir`, `${at(this.#store)}${path.slice(dirname(path).length)}`);
    }
    if (this.#request.volatile) context.setFlag("volatile");
    context.mountAt(this.#request.target);
  }

  #map(path: string, namespace: number): number {
    return this.#open.adopt(mapOwners(path, namespace), closeSync);
  }
}
