/** A stack of overlayfs layers as the merged tree that it shows, without a mount: by descriptors, a name at a time. */
import { type BigIntStats, closeSync, constants, fstatSync, readdirSync } from "node:fs";
import type { OpenLayer as Layer } from "../../../ports/layer-mounts.ts";
import { getXattrOf } from "../../sys/byte-files.ts";
import { isErrno } from "../../sys/libc.ts";
import { O_PATH, openPlain } from "../../sys/openat2.ts";
import { FUSE_OPAQUE, OPAQUE_NAME, overlayMarks, WHITEOUT_PREFIX } from "../../sys/overlay-marks.ts";

export type { Layer };

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** What shows at a path. */
export interface Shown {
  readonly stat: BigIntStats;
  /** Where it comes from. */
  readonly layer: Layer;
  /** Of a directory: the layers whose content shows in it, the highest first. */
  readonly layers: readonly Layer[];
}

/** One object for each layer, whichever stacks it is in. */
export class Layers {
  readonly #known = new Map<string, Layer>();

  of(layers: readonly Layer[]): Layer[] {
    return layers.map((layer) => {
      const known = this.#known.get(layer.id) ?? layer;
      this.#known.set(layer.id, known);
      return known;
    });
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
    if (stat === undefined || isWhiteout(stat)) break;
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
): { readonly stat: BigIntStats | undefined; readonly opaque: boolean } | undefined {
  const fd = openIn(layer, path, O_PATH | O_NOFOLLOW);
  if (fd === undefined) return has(layer, withPrefix(path)) ? { stat: undefined, opaque: false } : undefined;
  try {
    const stat = fstatSync(fd, { bigint: true });
    return { stat, opaque: stat.isDirectory() && isOpaque(layer, path, fd) };
  } finally {
    closeSync(fd);
  }
}

function isOpaque(layer: Layer, path: Buffer, fd: number): boolean {
  const keys = layer.fileMarks === true ? [overlayMarks().opaque, FUSE_OPAQUE] : [overlayMarks().opaque];
  if (keys.some((key) => getXattrOf(fd, key)?.toString("latin1") === "y")) return true;
  return has(layer, Buffer.from(`${path.toString("latin1")}/${OPAQUE_NAME}`, "latin1"));
}

/** Of names that are marks: false in a layer that has no such. */
function has(layer: Layer, mark: Buffer): boolean {
  const fd = layer.fileMarks === true ? openIn(layer, mark, O_PATH | O_NOFOLLOW) : undefined;
  if (fd !== undefined) closeSync(fd);
  return fd !== undefined;
}

function withPrefix(path: Buffer): Buffer {
  const name = path.lastIndexOf("/") + 1;
  return Buffer.concat([path.subarray(0, name), Buffer.from(WHITEOUT_PREFIX), path.subarray(name)]);
}

/** What a name in a layer is about; undefined for a mark of the directory itself. */
function namedBy(layer: Layer, name: Buffer): Buffer | undefined {
  const text = name.toString("latin1");
  if (layer.fileMarks !== true || !text.startsWith(WHITEOUT_PREFIX)) return Buffer.from(name);
  return text.endsWith(".opq") ? undefined : Buffer.from(name.subarray(WHITEOUT_PREFIX.length));
}

function listIn(layer: Layer, directory: Buffer): Buffer[] {
  const fd = openIn(layer, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (fd === undefined) return [];
  try {
    const names = readdirSync(`/proc/self/fd/${fd}`, { encoding: "buffer" });
    return names.flatMap((name) => namedBy(layer, name) ?? []);
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
