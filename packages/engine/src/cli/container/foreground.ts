/** The caller's side of an attached container: terminal, standard streams, signals. Shared by run, start and attach. */
import type { AttachResult, AttachStreams, TerminalSize } from "@podwright/spec/engine-api/containers";
import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { parseDetachKeys } from "@podwright/spec/values/detach-keys";
import { constants } from "node:os";
import type { Io, Terminal } from "../frame/command.ts";
import { readInput } from "../frame/standard-input.ts";

export interface Foreground {
  readonly container: string;
  /** The container's own: then ours is put into raw mode. */
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly sigProxy: boolean;
  /** As typed: "ctrl-p,ctrl-q"; undefined leaves it to the configuration. */
  readonly detachKeys: string | undefined;
}

export const detachKeysFlag = {
  type: "string",
  help: "Select the key sequence for detaching a container",
  valueName: "ctrl-[value],...",
  complete: "none",
} as const;

type Join = (streams: AttachStreams, signal: AbortSignal) => Promise<AttachResult>;

/** Gives the exit status: the container's, or 0 when the user has detached. */
export async function inForeground(
  { engine, io }: { readonly engine: Engine; readonly io: Io },
  foreground: Foreground,
  join: Join,
): Promise<number> {
  const { container, tty, sigProxy } = foreground;
  const keys = foreground.detachKeys === undefined ? undefined : parseDetachKeys(foreground.detachKeys);
  const terminal = tty && io.stdinIsTty ? await io.openTerminal() : undefined;
  using signals = new CaughtSignals({ windowChanges: terminal === undefined });
  using raw = new DisposableStack();
  const streams: AttachStreams = {
    ...(foreground.stdin ? { stdin: readInput() } : {}),
    stdout: foreground.stdout ? (bytes) => io.out(bytes) : discard,
    stderr: foreground.stderr ? (bytes) => io.err(bytes) : discard,
    ...(terminal === undefined ? {} : { resize: windowSizes(terminal) }),
    ...(keys === undefined ? {} : { detachKeys: keys }),
    onAttached: () => {
      if (terminal !== undefined) raw.use(terminal.raw());
      // Until now a signal ends the start; from now on it is the container's.
      if (sigProxy) signals.passTo((name) => passOn(engine, container, name));
    },
  };
  const result = await join(streams, signals.aborted);
  if (signals.abortedBy !== undefined) return 128 + constants.signals[signals.abortedBy];
  if (result.detached) return 0;
  return result.exitCode < 0 ? 255 : result.exitCode;
}

const discard = (): void => {};

/** The size now, and after each change of the window; 0 by 0 for one that nobody has set. */
async function* windowSizes(terminal: Terminal): AsyncGenerator<TerminalSize> {
  let changed = Promise.withResolvers<void>();
  const onChange = (): void => changed.resolve();
  process.on("SIGWINCH", onChange);
  try {
    for (;;) {
      yield terminal.size();
      await changed.promise;
      changed = Promise.withResolvers<void>();
    }
  } finally {
    process.off("SIGWINCH", onChange);
  }
}

async function passOn(engine: Engine, container: string, signal: NodeJS.Signals): Promise<void> {
  const [outcome] = await (await engine.containers()).kill({ names: [container], all: false }, signal);
  // It has ended in the same moment: its exit code is on the way.
  if (isEngineError(outcome?.error, "CONTAINER_STATE_IMPROPER", "CONTAINER_NOT_FOUND")) return;
  if (outcome?.error !== undefined) throw outcome.error;
}

const PASSED = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGCONT",
] as const;
const ABORTING = new Set<NodeJS.Signals>(["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"]);

/** Signals abort the work until somebody takes them. */
class CaughtSignals implements Disposable {
  readonly #abort = new AbortController();
  readonly #names: readonly NodeJS.Signals[];
  #taker: ((name: NodeJS.Signals) => Promise<void>) | undefined;
  /** One after the other, in the order they came. */
  #passing: Promise<void> = Promise.resolve();
  abortedBy: NodeJS.Signals | undefined;

  constructor(options: { readonly windowChanges: boolean }) {
    this.#names = options.windowChanges ? [...PASSED, "SIGWINCH"] : PASSED;
    for (const name of this.#names) process.on(name, this.#catch);
  }

  get aborted(): AbortSignal {
    return this.#abort.signal;
  }

  passTo(taker: (name: NodeJS.Signals) => Promise<void>): void {
    this.#taker = taker;
  }

  [Symbol.dispose](): void {
    for (const name of this.#names) process.off(name, this.#catch);
  }

  readonly #catch = (name: NodeJS.Signals): void => {
    const taker = this.#taker;
    if (taker !== undefined) {
      this.#passing = this.#passing.then(() => taker(name)).catch(discard);
    } else if (ABORTING.has(name)) {
      this.abortedBy ??= name;
      this.#abort.abort(new EngineError("CANCELED", `interrupted by ${name}`));
    }
  };
}
