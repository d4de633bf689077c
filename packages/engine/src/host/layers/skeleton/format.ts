/** How a layer's skeleton is kept: all of its tar but the content of files that stand in its directory. */

/**
 * A skeleton is MAGIC and then frames: kind, stored length, plain length, and the stored bytes, which are compressed
 * (zstd) where the two lengths differ. A frame holds whole records.
 */
export const MAGIC = Buffer.from("pwskel1\n");

export const FRAME = {
  /** Records of the tar, in its order. */
  stream: 0x53,
  /** A file that a later entry replaced: how many contents had been recorded by then, and its path. */
  replaced: 0x52,
  /** A piece of the replaced file before it: its offset, then data. */
  data: 0x44,
  /** The last: how many bytes the whole tar has. */
  end: 0x45,
} as const;

export const FRAME_HEADER = 9;

/** Records in a `stream` frame. */
export const RECORD = {
  /** Length (4), then bytes of the tar. */
  raw: 0,
  /** Path length (4), number of runs (4), path, then offset (8) and length (8) of each run of a file's content. */
  content: 1,
} as const;

/** Plain bytes of a frame, about. */
export const FRAME_SIZE = 1 << 18;

/** A run of a file's content as the tar has it. */
export interface Run {
  readonly offset: number;
  readonly length: number;
}

/** Where a layer's skeleton is: beside its files, so that both come and go by one rename. */
export const SKELETON_NAME = "skeleton";
