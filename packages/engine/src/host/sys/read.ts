/** An ordinary read(2) in the thread pool: waits there, not on the event loop. */
import { read } from "node:fs";

/** Gives the number of bytes, 0 at the end. A seqpacket socket gives one packet. */
export function readSome(fd: number, buffer: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, null, (error, length) => (error ? reject(error) : resolve(length)));
  });
}
