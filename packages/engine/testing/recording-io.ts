/** An Io that keeps what is written, for tests of commands and of what they print with. */
import type { Io } from "../src/cli/frame/command.ts";

export interface RecordingIo extends Io {
  readonly stdout: string;
  readonly stderr: string;
}

/** `answers` are given to `ask` in turn; `stdin` to `readStdin`. Nothing is a terminal. */
export function recordingIo(input: { answers?: readonly string[]; stdin?: string } = {}): RecordingIo {
  const answers = [...(input.answers ?? [])];
  const written = { out: "", err: "" };
  const decode = (text: string | Uint8Array): string =>
    typeof text === "string" ? text : new TextDecoder().decode(text);
  const out = (text: string | Uint8Array): void => {
    written.out += decode(text);
  };
  return {
    stdinIsTty: false,
    stdoutIsTty: false,
    stderrIsTty: false,
    colour: false,
    columns: 80,
    out,
    err: (text) => {
      written.err += decode(text);
    },
    readStdin: async () => input.stdin ?? "",
    readStdinBytes: async () => Buffer.from(input.stdin ?? ""),
    stdinChunks: async function* stdinChunks() {
      yield* [];
    },
    localFiles: () => Promise.reject(new Error("a test has no files")),
    openTerminal: () => Promise.reject(new Error("a test has no terminal")),
    ask: async (prompt) => {
      out(prompt);
      return answers.shift() ?? "";
    },
    interruptible: () => new AbortController().signal,
    get stdout() {
      return written.out;
    },
    get stderr() {
      return written.err;
    },
  };
}
