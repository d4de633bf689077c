/** Reads parts of files into the stream that goes out. */
import { read, readSync } from "node:fs";
import type { OutputChunk } from "./output-chunk.ts";

/** Longer reads are left to a thread, so that a slow disk does not stop the other layers. */
const READ_AT_ONCE = 1 << 16;

/** Gives how many bytes were there. */
export async function* readRun(
  fd: number,
  { offset, length }: { readonly offset: number; readonly length: number },
  out: OutputChunk,
): AsyncGenerator<Uint8Array, number> {
  let done = 0;
  while (done < length) {
    const { room } = out;
    const wanted = Math.min(room.length, length - done);
    const position = offset + done;
    const count =
      wanted <= READ_AT_ONCE
        ? readSync(fd, room, 0, wanted, position)
        : await readLater(fd, room.subarray(0, wanted), position);
    if (count === 0) break;
    yield* out.took(count);
    done += count;
  }
  return done;
}

function readLater(fd: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
