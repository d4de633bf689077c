/** Runs a command against an engine of the test's, with what it printed as the result. */
import { createLog } from "../src/base/log.ts";
import type { Command, Flag, Flags, FlagValues, Io } from "../src/cli/frame/command.ts";
import { describeFailure, exitCodeOf } from "../src/cli/print/failures.ts";
import type { Engine } from "@podwright/spec/engine-api/engine";
import { EngineError } from "@podwright/spec/errors/engine-error";

export interface CliResult {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

export interface CliInput<F extends Flags> {
  readonly flags?: Partial<FlagValues<F>>;
  readonly args?: readonly string[];
  readonly engine: Partial<Engine>;
  /** What the user types at a prompt. */
  readonly answer?: string;
}

/** The frame's part of it: flags that were not given have their defaults, errors become text and a status. */
export async function runCli<F extends Flags>(command: Command<F>, input: CliInput<F>): Promise<CliResult> {
  const { io, text } = recordingIo(input.answer ?? "");
  const flags = { ...defaults(command.flags), ...input.flags } as FlagValues<F>;
  const log = createLog("warn", (line) => io.err(line));
  try {
    const status = await command.run({
      flags,
      given: (flag) => input.flags !== undefined && flag in input.flags,
      args: input.args ?? [],
      argv: ["podwright", ...command.path],
      program: "podwright",
      engine: wholeEngine(input.engine),
      io,
      env: {},
      log,
    });
    return { ...text(), status: status ?? 0 };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    io.err(describeFailure(error));
    return { ...text(), status: exitCodeOf(error) };
  }
}

function recordingIo(answer: string): { io: Io; text: () => { out: string; err: string } } {
  const written = { out: "", err: "" };
  const decode = (chunk: string | Uint8Array): string =>
    typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk);
  const io: Io = {
    stdinIsTty: false,
    stdoutIsTty: false,
    stderrIsTty: false,
    colour: false,
    columns: 80,
    out: (chunk) => void (written.out += decode(chunk)),
    err: (chunk) => void (written.err += decode(chunk)),
    readStdin: () => Promise.resolve(""),
    readStdinBytes: () => Promise.resolve(new Uint8Array()),
    stdinChunks: async function* stdinChunks() {
      yield* [];
    },
    localFiles: () => Promise.reject(new Error("a test has no files")),
    openTerminal: () => Promise.reject(new Error("a test has no terminal")),
    ask: (prompt) => {
      written.out += prompt;
      return Promise.resolve(answer);
    },
    interruptible: () => AbortSignal.timeout(0),
  };
  return { io, text: () => ({ ...written }) };
}

function defaults(flags: Flags): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, defaultOf(flag)]));
}

function defaultOf(flag: Flag): unknown {
  if (flag.type === "list" || flag.type === "csv") return [];
  if (flag.type === "maybe-bool") return undefined;
  if (flag.type === "bool") return flag.default ?? false;
  return flag.default;
}

function wholeEngine(engine: Partial<Engine>): Engine {
  const missing = (): never => {
    throw new Error("the test gave no such noun");
  };
  return {
    containers: missing,
    pods: missing,
    images: missing,
    volumes: missing,
    networks: missing,
    kube: missing,
    secrets: missing,
    registries: missing,
    system: missing,
    events: missing,
    files: missing,
    usage: missing,
    ...engine,
  };
}
