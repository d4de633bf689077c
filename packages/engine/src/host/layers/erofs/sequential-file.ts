/** A file that is written from its begin to its end in large pieces. */
import { fsync, type PathLike, openSync, write, writeSync, closeSync } from "node:fs";
import { startWriteBack } from "../../sys/write-back.ts";

const PIECE = 1 << 20;
/** What is handed to the disk at once: often enough that the last fsync is short, seldom enough to cost nothing. */
const WRITE_BACK = 16 << 20;

export class SequentialFile {
  readonly fd: number;
  #length = 0;
  #buffer = Buffer.allocUnsafe(PIECE);
  #used = 0;
  #handed = 0;

  constructor(path: PathLike) {
    this.fd = openSync(path, "wx", 0o600);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length + this.#used;
  }

  /**
   * Takes in `bytes`, which must not change before the promise is fulfilled. undefined: they were taken at once.
   */
  add(bytes: Uint8Array): Promise<void> | undefined {
    if (bytes.length <= PIECE - this.#used) {
      if (bytes.length === PIECE) return this.#write(bytes);
      this.#buffer.set(bytes, this.#used);
      this.#used += bytes.length;
      return this.#used === PIECE ? this.flush() : undefined;
    }
    return this.#addLong(bytes);
  }

  async #addLong(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#write(bytes);
  }

  async flush(): Promise<void> {
    if (this.#used === 0) return;
    const full = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    await this.#write(full);
  }

  /** By a thread of the pool: the caller's thread hashes and parses meanwhile. */
  async #write(bytes: Uint8Array): Promise<void> {
    const position = this.#length;
    this.#length += bytes.length;
    for (let done = 0; done < bytes.length; ) {
      done += await writeLater(this.fd, bytes, done, position + done);
    }
    if (this.#length - this.#handed < WRITE_BACK) return;
    startWriteBack(this.fd, this.#handed, this.#length - this.#handed);
    this.#handed = this.#length;
  }

  /** Replaces what was written there. */
  patch(bytes: Uint8Array, position: number): void {
    writeSync(this.fd, bytes, 0, bytes.length, position);
  }

  sync(): Promise<void> {
    return syncLater(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }
}

function writeLater(fd: number, bytes: Uint8Array, offset: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, offset, bytes.length - offset, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

export function syncLater(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())));
}
