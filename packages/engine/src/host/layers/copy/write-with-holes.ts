/** Writes a file's data, leaving out long runs of zeroes: what was sparse stays so, whatever carried it. */
import { writeSync } from "node:fs";

const PIECE = 1 << 16;
/** What file systems keep as one block: a shorter run is no hole worth having. */
const SHORTEST = 1 << 12;
const ZEROES = Buffer.alloc(PIECE);

/** The file must be new, and its length be set afterwards. */
export function writeWithHoles(fd: number, data: Buffer, position: number): void {
  let from = 0;
  let at = 0;
  while (at < data.length) {
    // Pieces end where those of the file do, so that the next call goes on with whole ones.
    const end = Math.min(data.length, at + PIECE - ((position + at) % PIECE));
    if (end - at >= SHORTEST && data.subarray(at, end).equals(ZEROES.subarray(0, end - at))) {
      writeAll(fd, data.subarray(from, at), position + from);
      from = end;
    }
    at = end;
  }
  writeAll(fd, data.subarray(from), position + from);
}

function writeAll(fd: number, data: Buffer, position: number): void {
  let done = 0;
  while (done < data.length) done += writeSync(fd, data, done, data.length - done, position + done);
}
