/** The process's own standard streams, written synchronously so that nothing is lost at exit. */
import { fstatSync, openSync, readSync, writeSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Io, LocalFiles, Terminal } from "./command.ts";

/** Where standard output goes: `--out FILE` and `--noout` change it. */
export type Output =
  | { readonly kind: "stdout" }
  | { readonly kind: "discard" }
  | { readonly kind: "file"; readonly path: string };

const STDOUT = 1;
const STDERR = 2;

/** Throws CLI_USAGE when the file for the output cannot be opened. */
export function createProcessIo(
  env: Readonly<Record<string, string | undefined>>,
  output: Output,
  open: { readonly terminal: () => Promise<Terminal>; readonly files: () => Promise<LocalFiles> },
): Io {
  const target = output.kind === "file" ? openOutput(output.path) : STDOUT;
  const discards = output.kind === "discard";
  return {
    get stdinIsTty() {
      return isatty(0);
    },
    get stdoutIsTty() {
      return !discards && isatty(target);
    },
    get stderrIsTty() {
      return isatty(STDERR);
    },
    get colour() {
      return isatty(target) && !env["NO_COLOR"] && env["TERM"] !== "dumb";
    },
    get columns() {
      // process.stdout is made on first use and costs more than most commands do.
      return (isatty(STDOUT) && process.stdout.columns) || Number(env["COLUMNS"]) || 80;
    },
    out: (text) => {
      if (!discards) writeOutput(target, text);
    },
    err: writeError,
    readStdin: () => Bun.stdin.text(),
    readStdinBytes,
    ask: (prompt) => ask(target, prompt),
    stdinChunks: () => Bun.stdin.stream(),
    localFiles: open.files,
    openTerminal: open.terminal,
    interruptible,
  };
}

async function readStdinBytes(most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of Bun.stdin.stream()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > most) break;
  }
  return Buffer.concat(chunks);
}

/** node:tty brings all of Node's streams with it (4 ms), so that only a character device is worth the question. */
function isatty(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(fd);
  } catch (error) {
    if (errorCode(error) === "EBADF") return false;
    throw error;
  }
}

function openOutput(path: string): number {
  try {
    return openSync(path, "w", 0o644);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("CLI_USAGE", `cannot open the output file "${path}": ${reason}`, { cause: error });
  }
}

/**
 * A reader that goes away (`podwright ps | head -1`) ends the command as SIGPIPE would, but through its
 * clean-up; nobody is left to tell.
 */
function writeOutput(fd: number, text: string | Uint8Array): void {
  try {
    writeFully(fd, text);
  } catch (error) {
    if (errorCode(error) !== "EPIPE") throw error;
    throw new EngineError("CLI_OUTPUT_CLOSED", "standard output is closed", { cause: error });
  }
}

function writeError(text: string | Uint8Array): void {
  try {
    writeFully(STDERR, text);
  } catch (error) {
    // Without a reader of stderr there is nobody to tell, and the command itself goes on.
    if (!["EPIPE", "EBADF"].includes(errorCode(error))) throw error;
  }
}

const FULL_PIPE_WAIT_MS = 2;

function writeFully(fd: number, text: string | Uint8Array): void {
  let bytes = typeof text === "string" ? Buffer.from(text) : text;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      // Another process may have made the shared pipe or terminal non-blocking.
      if (errorCode(error) !== "EAGAIN") throw error;
      Bun.sleepSync(FULL_PIPE_WAIT_MS);
    }
  }
}

/** Reads one line, byte by byte, so that what follows it is left for a later reader. */
async function ask(output: number, prompt: string): Promise<string> {
  writeOutput(output, prompt);
  const byte = Buffer.alloc(1);
  const line: number[] = [];
  for (;;) {
    try {
      if (readSync(0, byte) === 0 || byte[0] === 10)
        return Buffer.from(line).toString("utf8").replace(/\r$/, "");
    } catch (error) {
      if (errorCode(error) !== "EAGAIN") throw error;
      await Bun.sleep(20);
      continue;
    }
    line.push(byte[0] ?? 0);
  }
}

function interruptible(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => controller.abort(new EngineError("CANCELED", `interrupted by ${name}`)));
  }
  return controller.signal;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
