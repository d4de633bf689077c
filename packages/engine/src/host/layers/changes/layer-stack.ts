/** A stack of overlayfs layers as the merged tree that it shows, without a mount: by descriptors, a name at a time. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readdirSync } from "node:fs";
import { getXattrOf } from "../../sys/byte-files.ts";
import { isErrno } from "../../sys/libc.ts";
import { O_PATH, openPlain } from "../../sys/openat2.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** A layer that is held open. */
export interface Layer {
  readonly directory: string;
  readonly fd: number;
}

/** What shows at a path. */
export interface Shown {
  readonly stat: BigIntStats;
  /** Where it comes from. */
  readonly layer: Layer;
  /** Of a directory: the layers whose content shows in it, the highest first. */
  readonly layers: readonly Layer[];
}

/** Opens each directory once, whichever stacks it is in. */
export class Layers implements Disposable {
  readonly #open = new Map<string, Layer>();

  of(directories: readonly string[]): Layer[] {
    return directories.map((directory) => this.#one(directory));
  }

  #one(directory: string): Layer {
    const known = this.#open.get(directory);
    if (known !== undefined) return known;
    const layer = { directory, fd: openSync(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW) };
    this.#open.set(directory, layer);
    return layer;
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#open.values()) closeSync(fd);
  }
}

/** `layers` are those of the directory that the path is in. */
export function lookUp(layers: readonly Layer[], path: Buffer): Shown | undefined {
  let top: Omit<Shown, "layers"> | undefined;
  const showing: Layer[] = [];
  for (const layer of layers) {
    const found = statIn(layer, path);
    if (found === undefined) continue;
    const { stat, opaque } = found;
    if (isWhiteout(stat)) break;
    const directory = stat.isDirectory();
    if (top !== undefined && !directory) break;
    top ??= { stat, layer };
    if (!directory) break;
    showing.push(layer);
    if (opaque) break;
  }
  return top === undefined ? undefined : { ...top, layers: showing };
}

/** Names that these layers have in the directory, deleted ones too. */
export function namesIn(layers: readonly Layer[], directory: Buffer): Buffer[] {
  const names = new Map<string, Buffer>();
  for (const layer of layers) {
    for (const name of listIn(layer, directory)) names.set(name.toString("latin1"), name);
  }
  return [...names.values()].sort((a, b) => a.compare(b));
}

function statIn(
  layer: Layer,
  path: Buffer,
): { readonly stat: BigIntStats; readonly opaque: boolean } | undefined {
  const fd = openIn(layer, path, O_PATH | O_NOFOLLOW);
  if (fd === undefined) return undefined;
  try {
    const stat = fstatSync(fd, { bigint: true });
    const opaque = stat.isDirectory() && getXattrOf(fd, "trusted.overlay.opaque")?.toString("latin1") === "y";
    return { stat, opaque };
  } finally {
    closeSync(fd);
  }
}

function listIn(layer: Layer, directory: Buffer): Buffer[] {
  const fd = openIn(layer, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (fd === undefined) return [];
  try {
    return readdirSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }).map((name) => Buffer.from(name));
  } finally {
    closeSync(fd);
  }
}

/** undefined for what is not there, or has become something else while we look. */
function openIn(layer: Layer, path: Buffer, flags: number): number | undefined {
  try {
    return openPlain(layer.fd, path.length === 0 ? "." : path, flags);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EXDEV")) return undefined;
    throw error;
  }
}

function isWhiteout(stat: BigIntStats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0n;
}
