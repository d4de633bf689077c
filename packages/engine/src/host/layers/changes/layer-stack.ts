/** A stack of overlayfs layers as the merged tree that it shows, without a mount: by descriptors, a name at a time. */
import { type BigIntStats, closeSync, constants, fstatSync, readdirSync } from "node:fs";
import type { OpenLayer as Layer } from "../../../ports/layer-mounts.ts";
import { getXattrOf } from "../../sys/byte-files.ts";
import { isErrno } from "../../sys/libc.ts";
import { O_PATH, openPlain } from "../../sys/openat2.ts";
import { overlayMarks } from "../../sys/overlay-marks.ts";

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
    const opaque = stat.isDirectory() && getXattrOf(fd, overlayMarks().opaque)?.toString("latin1") === "y";
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
