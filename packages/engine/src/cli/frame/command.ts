/**
 * One declaration per command: it drives parsing and help, and later completion and man pages.
 * A command is a file `cli/<noun>/<verb>.ts` that exports `command`; the verb table is generated from them.
 */
import type { Log } from "../../base/log.ts";
import type { TerminalSize } from "@podwright/spec/engine-api/containers";
import type { PathStat } from "@podwright/spec/engine-api/files";
import type { Engine } from "@podwright/spec/engine-api/engine";

interface FlagBase {
  /** One letter. */
  readonly short?: string;
  /** One line, no full stop. */
  readonly help: string;
  /** Left out of help and completion. */
  readonly hidden?: boolean;
  /** Shown in help instead of the type: `host[:ctr]`. */
  readonly valueName?: string;
  /** What completion may offer. */
  readonly complete?: Completion;
}

/** The type of a flag decides what the parser gives for it; each is typed in `FlagValues`. */
export type Flag =
  | (FlagBase & { readonly type: "bool"; readonly default?: boolean })
  /** Given or not: `undefined` when it was not given, so that a default elsewhere can win. */
  | (FlagBase & { readonly type: "maybe-bool" })
  | (FlagBase & { readonly type: "string"; readonly default?: string })
  | (FlagBase & { readonly type: "int"; readonly default?: number })
  | (FlagBase & { readonly type: "float"; readonly default?: number })
  /** May be repeated; each value as given (commas are kept). */
  | (FlagBase & { readonly type: "list" })
  /** May be repeated; each value is split at commas, as Go's StringSlice does (CSV with quotes). */
  | (FlagBase & { readonly type: "csv" });

export type Flags = Readonly<Record<string, Flag>>;

export type FlagValue<F extends Flag> = F extends { type: "bool" }
  ? boolean
  : F extends { type: "maybe-bool" }
    ? boolean | undefined
    : F extends { type: "string" }
      ? F extends { default: string }
        ? string
        : string | undefined
      : F extends { type: "int" | "float" }
        ? F extends { default: number }
          ? number
          : number | undefined
        : readonly string[];

export type FlagValues<F extends Flags> = { readonly [K in keyof F]: FlagValue<F[K]> };

export type Completion =
  | "container"
  | "running-container"
  | "pod"
  | "image"
  | "volume"
  | "network"
  | "file"
  | "none"
  | readonly string[];

/** The caller's world. Commands touch stdio, the environment and the clock only through it. */
export interface Invocation<F extends Flags> {
  readonly flags: FlagValues<F>;
  /** True for a flag that was given on the command line. */
  readonly given: (flag: keyof F & string) => boolean;
  readonly args: readonly string[];
  /** The whole command line, program name first: inspect's CreateCommand. */
  readonly argv: readonly string[];
  /** What the program was called: "podwright", or "podman" through a link. */
  readonly program: string;
  readonly engine: Engine;
  readonly io: Io;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

export interface Io {
  readonly stdinIsTty: boolean;
  readonly stdoutIsTty: boolean;
  readonly stderrIsTty: boolean;
  /** Colours are wanted: a terminal, NO_COLOR unset, TERM not dumb. */
  readonly colour: boolean;
  readonly columns: number;
  out(text: string | Uint8Array): void;
  err(text: string | Uint8Array): void;
  /** All of standard input, as text. */
  readStdin(): Promise<string>;
  /** Standard input as it is; reading ends soon after `most` bytes, so that more of them tell of too many. */
  readStdinBytes(most: number): Promise<Uint8Array>;
  /** Standard input, as it comes. */
  stdinChunks(): AsyncIterable<Uint8Array>;
  /** The caller's own files: what `cp` copies from and to. */
  localFiles(): Promise<LocalFiles>;
  /** One line from the terminal after a prompt (`Are you sure you want to continue? [y/N] `). */
  ask(prompt: string): Promise<string>;
  /** The terminal on standard input; only when `stdinIsTty`. */
  openTerminal(): Promise<Terminal>;
  /** Aborted by SIGINT or SIGTERM while a command has asked for it. */
  interruptible(): AbortSignal;
}

/** Paths are the caller's, relative ones to its directory. */
export interface LocalFiles {
  /** Links are followed; undefined where nothing is. */
  stat(path: string): PathStat | undefined;
  /** A tar. With the name "", of what is in a directory. */
  read(path: string, options: { readonly name: string }): AsyncIterable<Uint8Array>;
  /** Unpacks a tar into a directory, as the caller's own. @throws FILES_COPY_FAILED */
  write(
    directory: string,
    archive: AsyncIterable<Uint8Array>,
    options: { readonly overwrite: boolean; readonly signal?: AbortSignal },
  ): Promise<void>;
}

export interface Terminal {
  /** Keys come as they are typed, output goes as it is written, until disposed of or until the process exits. */
  raw(): Disposable;
  /** What is typed does not appear, until disposed of or until the process exits. */
  silent(): Disposable;
  /** 0 rows and columns for a terminal that does not know its size. */
  size(): TerminalSize;
}

export interface Command<F extends Flags = Flags> {
  /** Canonical words: ["pod", "create"], ["run"], ["container", "run"] goes in `also`. */
  readonly path: readonly string[];
  /** Other places and aliases of the same command: [["container", "run"]], [["pod", "ls"], ["pod", "list"]]. */
  readonly also?: readonly (readonly string[])[];
  readonly hidden?: boolean;
  /** One line, no full stop: shown in the parent's help. */
  readonly summary: string;
  readonly description?: string;
  /** Positional arguments as usage shows them: "CONTAINER [CONTAINER...]". "" for none. */
  readonly usage: string;
  /** How many positional arguments; the frame words the errors as cobra does. */
  readonly args: ArgCount;
  readonly argCompletion?: Completion;
  readonly flags: F;
  /** Pairs (or larger groups) of flags that exclude each other. */
  readonly exclusive?: readonly (readonly (keyof F & string)[])[];
  /** Parsing stops at the first positional argument: `run IMAGE -x` leaves -x to the image. */
  readonly stopAtFirstArg?: boolean;
  /** Lines without the program's name: "pod create --name web -p 8080:80". */
  readonly examples?: readonly string[];
  /** Gives the exit status; undefined is 0. Throws EngineError. */
  readonly run: (invocation: Invocation<F>) => Promise<number | undefined | void>;
}

export type ArgCount =
  | { readonly min: number; readonly max?: number }
  /** At least one name, or one of these flags (`--all`, `--latest`) and then no names. */
  | { readonly namesOr: readonly string[]; readonly max?: number };

/** Keeps the flags' literal types; does nothing else. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}
