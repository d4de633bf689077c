/** Tables whose rows lie in typed arrays, a column each, that grow together: a tenth of what objects take. */

type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;
type Columns = Record<string, Column>;

const FIRST_ROWS = 1024;

/** Gives each column room for `rows`; what it holds stays. */
export function growColumns(columns: Columns, rows: number): void {
  for (const [name, column] of Object.entries(columns)) {
    if (column.length >= rows) continue;
    const size = Math.max(FIRST_ROWS, rows, Math.ceil(column.length * 1.5));
    const Kind = column.constructor as new (length: number) => Column;
    const larger = new Kind(size);
    larger.set(column);
    columns[name] = larger;
  }
}

export function nodeColumns() {
  return {
    /** Type and permission bits. */
    mode: new Uint16Array(0),
    uid: new Uint32Array(0),
    gid: new Uint32Array(0),
    seconds: new Float64Array(0),
    nanoseconds: new Uint32Array(0),
    /** Of a file, a symlink's target, and, once it is laid out, a directory. */
    size: new Float64Array(0),
    /** Of a file: where its data begins; of a symlink: where in the heap its target does; of a device: its number;
     * of a directory: its parent. */
    data: new Float64Array(0),
    /** Of a file: the device with its data; of a directory: its newest name; once it is laid out, or a symlink with
     * blocks of its own: its first block. */
    ref: new Uint32Array(0),
    links: new Uint32Array(0),
    /** Inode number, 0 before it has one. */
    nid: new Uint32Array(0),
  };
}

export function entryColumns() {
  return {
    nameAt: new Uint32Array(0),
    nameLength: new Uint8Array(0),
    node: new Uint32Array(0),
    directory: new Uint32Array(0),
    /** The directory's entry that was made before it, 0 for none. */
    next: new Uint32Array(0),
  };
}
