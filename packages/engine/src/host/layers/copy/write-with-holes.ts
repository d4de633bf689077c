/** Writes a file's data, leaving out long runs of zeroes: what was sparse stays so, whatever carried it. */
import { writeSync } from "node:fs";

/** A run of zeroes as long as this, and at such an offset, becomes a hole. */
const PIECE = 1 << 16;
const ZEROES = Buffer.alloc(PIECE);

/** The file must be new, and its length be set afterwards. */
export function writeWithHoles(fd: number, data: Buffer, position: number): void {
  let from = 0;
  const first = (PIECE - (position % PIECE)) % PIECE;
  for (let at = first; at + PIECE <= data.length; at += PIECE) {
    if (!data.subarray(at, at + PIECE).equals(ZEROES)) continue;
    writeAll(fd, data.subarray(from, at), position + from);
    from = at + PIECE;
  }
  writeAll(fd, data.subarray(from), position + from);
}

function writeAll(fd: number, data: Buffer, position: number): void {
  let done = 0;
  while (done < data.length) done += writeSync(fd, data, done, data.length - done, position + done);
}
