/** The caller's end of the network thread: calls that are waited for on the spot, as Links wants them, and others that are not. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  type Answer,
  type Call,
  errorOf,
  LENGTH,
  type Opening,
  type Reply,
  SHARED_SIZE,
  STATE,
  type Target,
  TEXT_AT,
} from "./protocol.ts";

/** In the built binary all modules are in one directory, and what is started on its own keeps its place below that. */
const WORKER = import.meta.url.includes("/$bunfs/")
  ? "./wire/network-worker.ts"
  : "../../wire/network-worker.ts";
/** Milliseconds; the longest of these calls takes a few. */
const PATIENCE = 30_000;

export class NetworkThread {
  readonly #worker: Worker;
  readonly #answers: SharedArrayBuffer;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(worker: Worker, answers: SharedArrayBuffer) {
    this.#worker = worker;
    this.#answers = answers;
    worker.addEventListener("message", ({ data }: { readonly data: Reply }) => {
      this.#pending.get(data.id)?.(data);
      this.#pending.delete(data.id);
    });
  }

  /** Once it is in its namespace. @throws HOST_CALL_FAILED */
  static async open(opening: Omit<Opening, "answers">): Promise<NetworkThread> {
    const answers = new SharedArrayBuffer(SHARED_SIZE);
    const worker = new Worker(new URL(WORKER, import.meta.url).href);
    // A finished command does not wait for it.
    worker.unref();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    worker.addEventListener("message", ({ data }: { readonly data: Answer }) => resolve(data), {
      once: true,
    });
    worker.addEventListener("error", ({ message }) =>
      reject(new EngineError("HOST_CALL_FAILED", `network thread: ${message}`)),
    );
    worker.postMessage({ ...opening, answers });
    valueOf(await promise);
    return new NetworkThread(worker, answers);
  }

  close(): void {
    this.#worker.terminate();
  }

  /** Waits for the answer, and with it this whole thread. */
  now(target: Target, method: string, ...args: readonly unknown[]): unknown {
    const words = new Int32Array(this.#answers);
    Atomics.store(words, STATE, 0);
    this.#worker.postMessage({ target, method, args } satisfies Call);
    if (Atomics.wait(words, STATE, 0, PATIENCE) === "timed-out") {
      throw new EngineError("HOST_CALL_FAILED", `network thread: no answer to ${target}.${method}`);
    }
    const text = Buffer.from(this.#answers, TEXT_AT, words[LENGTH] ?? 0).toString();
    return valueOf(JSON.parse(text) as Answer);
  }

  async later(target: Target, method: string, ...args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#calls;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#pending.set(id, resolve);
    // The command goes on after it: until then it may not end.
    this.#worker.ref();
    this.#worker.postMessage({ target, method, args, id } satisfies Call);
    try {
      return valueOf(await promise);
    } finally {
      if (this.#pending.size === 0) this.#worker.unref();
    }
  }
}

function valueOf(answer: Answer): unknown {
  if ("error" in answer) throw errorOf(answer.error);
  return answer.value;
}
