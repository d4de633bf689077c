/** A directory of a stack of layers as it shows: by descriptors of the layers' own, a name at a time. */
import { type BigIntStats, closeSync, constants, existsSync, fstatSync, readdirSync } from "node:fs";
import { getXattrOf, openBytes } from "../../sys/byte-files.ts";
import { O_PATH } from "../../sys/openat2.ts";
import { FUSE_OPAQUE, OPAQUE_NAME, overlayMarks, WHITEOUT_PREFIX } from "../../sys/overlay-marks.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
const O_CLOEXEC = 0o2000000;

/** A directory in one layer. */
export interface Source {
  readonly layer: string;
  readonly fd: number;
  /** See OpenLayer. */
  readonly fileMarks?: boolean;
}

/** A name in a layer, or that a file there says it is deleted. */
interface Holder {
  readonly source: Source;
  readonly deleted: boolean;
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
  const having = new Map<string, { readonly name: Buffer; readonly holders: Holder[] }>();
  for (const source of sources) {
    for (const { name, deleted } of namesOf(source)) {
      const key = name.toString("latin1");
      const known = having.get(key);
      if (known === undefined) having.set(key, { name, holders: [{ source, deleted }] });
      else known.holders.push({ source, deleted });
    }
  }
  for (const { name, holders } of having.values()) {
    const [first] = holders;
    if (first === undefined || first.deleted) continue;
    const { source: top } = first;
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

/** Marks of the directory itself are left out; a name that is there counts before a mark that it is not. */
function namesOf({ fd, fileMarks }: Source): { readonly name: Buffer; readonly deleted: boolean }[] {
  const names = readdirSync(`/proc/self/fd/${fd}`, { encoding: "buffer" }).map((name) => Buffer.from(name));
  if (fileMarks !== true) return names.map((name) => ({ name, deleted: false }));
  const isMark = (name: Buffer): boolean => name.toString("latin1").startsWith(WHITEOUT_PREFIX);
  const there = names.filter((name) => !isMark(name));
  const known = new Set(there.map((name) => name.toString("latin1")));
  const deleted = names
    .filter((name) => isMark(name) && !name.toString("latin1").endsWith(".opq"))
    .map((name) => name.subarray(WHITEOUT_PREFIX.length))
    .filter((name) => !known.has(name.toString("latin1")));
  return [
    ...there.map((name) => ({ name, deleted: false })),
    ...deleted.map((name) => ({ name, deleted: true })),
  ];
}

/** The directories that show through one another: down to the first that hides the rest. */
function openAll(holders: readonly Holder[], name: Buffer): Source[] {
  const found: Source[] = [];
  for (const { source, deleted } of holders) {
    if (deleted) break;
    const { fd: directory, ...layer } = source;
    const fd = openBytes(nameIn(directory, name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    try {
      if (!fstatSync(fd).isDirectory()) break;
      const readable = openBytes(Buffer.from(`/proc/self/fd/${fd}`), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
      found.push({ ...layer, fd: readable });
      if (isOpaque({ ...layer, fd: readable })) break;
    } finally {
      closeSync(fd);
    }
  }
  return found;
}

function isOpaque({ fd, fileMarks }: Source): boolean {
  const keys = fileMarks === true ? [overlayMarks().opaque, FUSE_OPAQUE] : [overlayMarks().opaque];
  if (keys.some((key) => getXattrOf(fd, key)?.toString("latin1") === "y")) return true;
  return fileMarks === true && existsSync(`/proc/self/fd/${fd}/${OPAQUE_NAME}`);
}

/** Only its last part is looked up. */
export function nameIn(fd: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
}

function isWhiteout(stat: BigIntStats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0n;
}
