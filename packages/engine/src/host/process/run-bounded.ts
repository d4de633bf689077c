/** Runs a command that may hang or say without end: its time and what is kept of its output are bounded. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export interface BoundedRequest {
  readonly argv: readonly string[];
  readonly input?: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes that are kept: the first ones, of both streams in their order. Absent: the last kilobytes. */
  readonly keptFirst?: number;
  readonly signal?: AbortSignal;
  /** Ends what the command has started; it is given a moment to end with it before it is killed itself. */
  readonly kill: () => void;
}

export interface BoundedEnd {
  /** 128 + n when signal n ended it. */
  readonly exitCode: number;
  readonly killed: boolean;
  /** What was kept of both streams. */
  readonly output: string;
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const KEPT_BYTES = 4096;
/** Milliseconds between the end of what the command has started and its own. */
const PATIENCE = 1000;
/** Milliseconds for output that was written before the end and not yet read. */
const LAST_OUTPUT = 50;
const SIGKILL = 9;

/** @throws HOST_PART_MISSING when the program cannot be started */
export async function runBounded(request: BoundedRequest): Promise<BoundedEnd> {
  const child = start(request);
  const kept = new KeptOutput(request.keptFirst);
  const reading = Promise.all([kept.read(child.stdout), kept.read(child.stderr)]);
  let killed = false;
  let last: Timer | undefined;
  const kill = (): void => {
    if (killed) return;
    killed = true;
    request.kill();
    last = setTimeout(() => {
      // The command may have been about to start something when it was told to end.
      request.kill();
      child.kill(SIGKILL);
    }, PATIENCE);
  };
  const timer = setTimeout(kill, request.timeout);
  request.signal?.addEventListener("abort", kill, { once: true });
  if (request.signal?.aborted === true) kill();
  try {
    await child.exited;
    // What it has left behind may hold the pipes open for ever.
    await Promise.race([reading, Bun.sleep(LAST_OUTPUT)]);
    return { exitCode: child.exitCode ?? signalled(String(child.signalCode)), killed, output: kept.text() };
  } finally {
    clearTimeout(timer);
    clearTimeout(last);
    request.signal?.removeEventListener("abort", kill);
    kept.stop();
  }
}

/** Two pipes would lose the order of what comes on both streams at once; the shell makes them one, and is gone. */
const AS_ONE = ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh"];

function start({ argv, input, keptFirst }: BoundedRequest) {
  try {
    return Bun.spawn([...(keptFirst === undefined ? [] : AS_ONE), ...argv], {
      env: { PATH: SYSTEM_PATH, LC_ALL: "C" },
      stdin: input === undefined ? "ignore" : Buffer.from(input),
      stdout: "pipe",
      stderr: "pipe",
    });
  } catch (cause) {
    throw new EngineError("HOST_PART_MISSING", `cannot start ${argv[0]}: not found or not executable`, {
      cause,
    });
  }
}

function signalled(name: string): number {
  return name === "SIGKILL" ? 128 + SIGKILL : 128;
}

class KeptOutput {
  readonly #readers: { cancel(): Promise<void> }[] = [];
  readonly #first: number | undefined;
  #bytes = Buffer.alloc(0);

  constructor(first: number | undefined) {
    this.#first = first;
  }

  async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const reader = stream.getReader();
    this.#readers.push(reader);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#keep(value);
    }
  }

  #keep(bytes: Uint8Array): void {
    if (this.#first === undefined) {
      this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(-KEPT_BYTES);
    } else if (this.#bytes.length < this.#first) {
      this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(0, this.#first);
    }
  }

  text(): string {
    return this.#bytes.toString();
  }

  stop(): void {
    for (const reader of this.#readers) void reader.cancel();
  }
}
