/** Standard input by chunks as they come, whatever it is: terminal, pipe or file. */
import { read } from "node:fs";
import { sleep } from "../../base/sleep.ts";

const STDIN = 0;
const CHUNK = 32_768;
const PAUSE = 10;

/** Reads ahead of nobody: a chunk is read when it is asked for. */
export async function* readInput(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = Buffer.alloc(CHUNK);
    const length = await readChunk(buffer);
    if (length === 0) return;
    if (length === undefined) await sleep(PAUSE);
    else yield buffer.subarray(0, length);
  }
}

/** Undefined when nothing is there yet: another process has made the shared descriptor non-blocking. */
function readChunk(buffer: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    read(STDIN, buffer, 0, buffer.length, null, (error, length) => {
      const code = error === null ? "" : error.code;
      if (error === null) resolve(length);
      else if (code === "EAGAIN") resolve(undefined);
      // Closed, or a terminal that has gone away: there is no more input.
      else if (code === "EIO" || code === "EBADF") resolve(0);
      else reject(error);
    });
  });
}
