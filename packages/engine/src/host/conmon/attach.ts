/** conmon's attach socket: packets out with one byte for the stream, raw bytes in. */
import { closeSync, write } from "node:fs";
import type { AttachConnection } from "../../ports/monitor.ts";
import { isErrno } from "../sys/libc.ts";
import { readSome } from "../sys/read.ts";
import { connectSeqpacket, endBoth, endWriting } from "../sys/seqpacket.ts";

/** conmon reads and writes at most 8 KiB of payload (STDIO_BUF_SIZE); a larger packet would be cut. */
const LARGEST_WRITE = 8192;
const READ_BUFFER = 32_769;
const STDOUT = 2;
const STDERR = 3;

export type OutputPacket = { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array };

/** @throws HOST_CALL_FAILED when there is no monitor (any more) */
export function attachTo(bundle: string): AttachConnection {
  const fd = connectSeqpacket(`${bundle}/attach`);
  return new ConmonAttachment(fd);
}

class ConmonAttachment implements AttachConnection {
  readonly output: AsyncIterable<OutputPacket>;
  readonly #fd: number;
  #reading: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
    this.output = this.#packets();
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += LARGEST_WRITE) {
      if (!(await this.#send(bytes.subarray(at, at + LARGEST_WRITE)))) return;
    }
  }

  endInput(): void {
    if (!this.#closed) endWriting(this.#fd);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    endBoth(this.#fd);
    await this.#reading;
    closeSync(this.#fd);
  }

  async *#packets(): AsyncGenerator<OutputPacket> {
    const buffer = Buffer.alloc(READ_BUFFER);
    while (!this.#closed) {
      const reading = this.#receive(buffer);
      this.#reading = reading;
      const length = await reading;
      if (length === 0) return;
      const kind = buffer[0];
      if (kind !== STDOUT && kind !== STDERR) continue;
      const bytes = Uint8Array.prototype.slice.call(buffer, 1, length);
      yield { stream: kind === STDOUT ? "stdout" : "stderr", bytes };
    }
  }

  async #receive(buffer: Buffer): Promise<number> {
    try {
      return await readSome(this.#fd, buffer);
    } catch (error) {
      // The monitor was killed: the stream has ended, with or without its last packets.
      if (isErrno(error, "ECONNRESET", "EBADF", "ENOTCONN")) return 0;
      throw error;
    }
  }

  /** False when nobody reads any more. */
  #send(bytes: Uint8Array): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      write(this.#fd, bytes, (error) => {
        if (error === null) resolve(true);
        else if (isErrno(error, "EPIPE", "ECONNRESET", "ENOTCONN", "EBADF")) resolve(false);
        else reject(error);
      });
    });
  }
}
