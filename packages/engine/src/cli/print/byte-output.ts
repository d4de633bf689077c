/** Where a command's bytes go: a file that is gone again if they do not all come, or standard output. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, fstatSync, openSync, rmSync, writeSync } from "node:fs";
import type { Io } from "../frame/command.ts";

/** Without a path it is standard output, which must not be a terminal. @throws CLI_USAGE */
export async function writeBytes(
  io: Io,
  { path, refusal }: { readonly path: string | undefined; readonly refusal: string },
  produce: (sink: (chunk: Uint8Array) => void) => Promise<void>,
): Promise<void> {
  if (path === undefined || path === "") {
    if (io.stdoutIsTty) throw new EngineError("CLI_USAGE", refusal);
    await produce((chunk) => io.out(chunk));
    return;
  }
  if (path.includes(":")) {
    const shown = JSON.stringify(path);
    throw new EngineError("CLI_USAGE", `invalid filename (should not contain ':') ${shown}`);
  }
  const fd = openFile(path);
  try {
    await produce((chunk) => writeAll(fd, chunk));
  } catch (error) {
    if (fstatSync(fd).isFile()) rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, "w", 0o644);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("CLI_USAGE", `cannot write to ${JSON.stringify(path)}: ${reason}`, { cause });
  }
}

function writeAll(fd: number, chunk: Uint8Array): void {
  let done = 0;
  while (done < chunk.length) done += writeSync(fd, chunk, done);
}
