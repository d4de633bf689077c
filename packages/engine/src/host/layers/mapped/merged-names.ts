/** A directory of a stack of layers as it shows: by descriptors of the layers' own, a name at a time. */
import { type BigIntStats, closeSync, constants, fstatSync, readdirSync } from "node:fs";
import { getXattrOf, openBytes } from "../../sys/byte-files.ts";
import { O_PATH } from "../../sys/openat2.ts";
import { overlayMarks } from "../../sys/overlay-marks.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const O_CLOEXEC = 0o2000000;

/** A directory in one layer. */
export interface Source {
  readonly layer: string;
  readonly fd: number;
}

/** `fd` is of O_PATH, closed when the next name is asked for; `below` are a directory's own, for the taker to close. */
export interface MergedEntry {
  readonly name: Buffer;
  readonly layer: string;
  readonly fd: number;
  readonly stat: BigIntStats;
  readonly below: readonly Source[];
}

/** The highest layer first; nobody changes them meanwhile. */
export function* mergedNames(sources: readonly Source[]): Generator<MergedEntry> {
  const having = new Map<string, { readonly name: Buffer; readonly sources: Source[] }>();
  for (const source of sources) {
    for (const entry of readdirSync(`/proc/self/fd/${source.fd}`, { encoding: "buffer" })) {
      const name = Buffer.from(entry);
      const key = name.toString("latin1");
      const known = having.get(key);
      if (known === undefined) having.set(key, { name, sources: [source] });
      else known.sources.push(source);
    }
  }
  for (const { name, sources: holders } of having.values()) {
    const [top] = holders;
    if (top === undefined) continue;
    const fd = openBytes(nameIn(top.fd, name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (isWhiteout(stat)) continue;
      const below = stat.isDirectory() ? openAll(holders, name) : [];
      yield { name, layer: top.layer, fd, stat, below };
    } finally {
      closeSync(fd);
    }
  }
}

export function closeAll(sources: readonly Source[]): void {
  for (const { fd } of sources) closeSync(fd);
}

/** The directories that show through one another: down to the first that hides the rest. */
function openAll(holders: readonly Source[], name: Buffer): Source[] {
  const found: Source[] = [];
  for (const { layer, fd: directory } of holders) {
    const fd = openBytes(nameIn(directory, name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    try {
      if (!fstatSync(fd).isDirectory()) break;
      const readable = openBytes(Buffer.from(`/proc/self/fd/${fd}`), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
      found.push({ layer, fd: readable });
    } finally {
      closeSync(fd);
    }
    if (getXattrOf(found.at(-1)?.fd ?? -1, overlayMarks().opaque)?.toString("latin1") === "y") break;
  }
  return found;
}

/** Only its last part is looked up. */
export function nameIn(fd: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
}

function isWhiteout(stat: BigIntStats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0n;
}
