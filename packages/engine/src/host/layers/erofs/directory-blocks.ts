/** A directory's entries as EROFS has them: sorted by bytes, in blocks that each stand for themselves. */
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "./file-mode.ts";
import { BLOCK, DIRENT_SIZE } from "./format.ts";
import { at, DOT, DOT_DOT, type LayerTree } from "./layer-tree.ts";

/** DT_* less what no layer has, as EROFS numbers them. */
const FILE_TYPES: ReadonlyMap<number, number> = new Map([
  [S_IFREG, 1],
  [S_IFDIR, 2],
  [S_IFCHR, 3],
  [S_IFBLK, 4],
  [S_IFIFO, 5],
  [S_IFLNK, 7],
]);

/** Entries of a directory, its dots among them, in the order of their names' bytes. */
export function sortedEntries(tree: LayerTree, directory: number): Uint32Array {
  const list = [...tree.entriesOf(directory), DOT_DOT, DOT];
  // Most archives have them sorted, and the newest comes first here.
  const sorted = Uint32Array.from(list.reverse());
  const { nameAt, nameLength } = tree.entries;
  const { bytes } = tree.names;
  const compare = (a: number, b: number): number => {
    const fromA = at(nameAt, a);
    const fromB = at(nameAt, b);
    const lengthA = at(nameLength, a);
    const lengthB = at(nameLength, b);
    const common = Math.min(lengthA, lengthB);
    for (let index = 0; index < common; index++) {
      const difference = at(bytes, fromA + index) - at(bytes, fromB + index);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  };
  return isSorted(sorted, compare) ? sorted : sorted.sort(compare);
}

function isSorted(list: Uint32Array, compare: (a: number, b: number) => number): boolean {
  for (let index = 1; index < list.length; index++) {
    if (compare(at(list, index - 1), at(list, index)) > 0) return false;
  }
  return true;
}

export interface DirectoryData {
  /** Whole blocks. */
  readonly bytes: Buffer;
  /** What of them counts. */
  readonly size: number;
}

/** `nidOf` gives an entry's inode number. */
export function directoryData(
  tree: LayerTree,
  sorted: Uint32Array,
  nidOf: (entry: number) => number,
): DirectoryData {
  const { nameLength } = tree.entries;
  const ends = blockEnds(sorted, nameLength);
  const bytes = Buffer.alloc(ends.length * BLOCK);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let first = 0;
  let used = 0;
  for (const [block, end] of ends.entries()) {
    const start = block * BLOCK;
    used = (end - first) * DIRENT_SIZE;
    for (let index = first; index < end; index++) {
      const entry = at(sorted, index);
      const record = start + (index - first) * DIRENT_SIZE;
      view.setUint32(record, nidOf(entry), true);
      view.setUint16(record + 8, used, true);
      bytes[record + 10] = fileType(tree, entry);
      const from = at(tree.entries.nameAt, entry);
      tree.names.bytes.copy(bytes, start + used, from, from + at(nameLength, entry));
      used += at(nameLength, entry);
    }
    first = end;
  }
  return { bytes, size: (ends.length - 1) * BLOCK + used };
}

/** For each block the index behind its last entry. */
function blockEnds(sorted: Uint32Array, nameLength: Uint8Array): number[] {
  const ends: number[] = [];
  let used = 0;
  for (let index = 0; index < sorted.length; index++) {
    const needed = DIRENT_SIZE + at(nameLength, at(sorted, index));
    if (used + needed > BLOCK) {
      ends.push(index);
      used = 0;
    }
    used += needed;
  }
  ends.push(sorted.length);
  return ends;
}

function fileType(tree: LayerTree, entry: number): number {
  if (entry === DOT || entry === DOT_DOT) return FILE_TYPES.get(S_IFDIR) ?? 0;
  return FILE_TYPES.get(tree.typeOf(at(tree.entries.node, entry))) ?? 0;
}
