/** What conmon says on its pipes: one JSON object a line. */
import { closeSync } from "node:fs";

export interface Word {
  /** A pid, an exit code, or -1 for a failure that `message` tells of. */
  readonly data: number;
  readonly message: string;
}

/** Reads by the event loop: a waiting read would hold one of the thread pool's few threads. */
export class SyncPipe implements Disposable {
  readonly #fd: number;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #text = "";
  #open = true;

  constructor(fd: number) {
    this.#fd = fd;
    this.#chunks = Bun.file(fd).stream()[Symbol.asyncIterator]();
  }

  /** The next word; undefined when conmon is gone. */
  async next(): Promise<Word | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end !== -1) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return parseWord(line);
      }
      const { value, done } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#text += Buffer.from(value).toString();
    }
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    void this.#chunks.return?.();
    closeSync(this.#fd);
  }
}

export function parseWord(line: string): Word | undefined {
  try {
    const { data, message } = JSON.parse(line) as { data?: unknown; message?: unknown };
    if (typeof data !== "number") return undefined;
    return { data, message: typeof message === "string" ? message : "" };
  } catch {
    return undefined;
  }
}
