/** Feeds a layer's stream to the confined process and takes its word on what came out. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { close, read, write } from "node:fs";
import { promisify } from "node:util";
import type { StageRequest } from "../../ports/layer-sink.ts";
import { spawnProcess, type SpawnedProcess } from "../process/spawn.ts";
import { createPipe } from "../sys/byte-files.ts";
import { isErrno } from "../sys/libc.ts";
import type { UnpackResult } from "./unpack/unpack-result.ts";

const SIGKILL = 9;
/** Room for the result line; a process that says more has gone wrong. */
const RESULT_LIMIT = 32 << 20;
const closeFd = promisify(close);

export interface UnpackCall {
  readonly command: readonly string[];
  readonly request: StageRequest;
  /** A descriptor that the process holds until it ends. */
  readonly keepOpen: number;
}

type Unpacked = Extract<UnpackResult, { ok: true }>;

/** @throws IMAGE_LAYER_INVALID, CANCELED, or what the stream threw. */
export async function runUnpack(call: UnpackCall): Promise<Unpacked> {
  const input = createPipe();
  const output = createPipe();
  const child = start(call, input.read, output.write);
  await Promise.all([closeFd(input.read), closeFd(output.write)]);
  const kill = (): void => child.kill(SIGKILL);
  call.request.signal?.addEventListener("abort", kill, { once: true });
  const said = readAll(output.read).finally(() => closeFd(output.read));
  try {
    await feed(call.request.chunks, input.write);
  } catch (error) {
    kill();
    await Promise.all([child.exited, said]);
    throw error;
  } finally {
    call.request.signal?.removeEventListener("abort", kill);
  }
  const [{ exitCode, signal }, text] = await Promise.all([child.exited, said]);
  if (call.request.signal?.aborted) throw new EngineError("CANCELED", "unpacking was canceled");
  return interpret(text, signal ?? `exit status ${exitCode}`, call.request.name);
}

function start(call: UnpackCall, stdin: number, output: number): SpawnedProcess {
  return spawnProcess({
    argv: call.command,
    env: {},
    cwd: "/",
    stdin,
    stdout: output,
    stderr: output,
    extra: [call.keepOpen],
    // Ctrl-C is for us to handle: the process ends when its input does.
    detached: true,
  });
}

/** Writes and closes. A process that ended early is no error here: its result says why. */
async function feed(chunks: AsyncIterable<Uint8Array>, fd: number): Promise<void> {
  let alive = true;
  try {
    for await (const chunk of chunks) {
      // The rest is read all the same, so that a wrong digest is told apart from a bad layer.
      if (alive) alive = await writeAll(fd, chunk);
    }
  } finally {
    await closeFd(fd);
  }
}

async function writeAll(fd: number, data: Uint8Array): Promise<boolean> {
  let done = 0;
  while (done < data.length) {
    const offset = done;
    try {
      done += await new Promise<number>((resolve, reject) => {
        write(fd, data, offset, data.length - offset, null, (error, count) =>
          error ? reject(error) : resolve(count),
        );
      });
    } catch (error) {
      if (isErrno(error, "EPIPE")) return false;
      throw error;
    }
  }
  return true;
}

async function readAll(fd: number): Promise<string> {
  const parts: Buffer[] = [];
  let total = 0;
  for (;;) {
    const buffer = Buffer.allocUnsafe(1 << 16);
    const length = await new Promise<number>((resolve, reject) => {
      read(fd, buffer, 0, buffer.length, null, (error, count) => (error ? reject(error) : resolve(count)));
    });
    if (length === 0) return Buffer.concat(parts).toString("utf8");
    total += length;
    if (total <= RESULT_LIMIT) parts.push(buffer.subarray(0, length));
  }
}

function interpret(text: string, end: string, layer: string): Unpacked {
  const result = parseResult(text);
  if (result === undefined) {
    const tail = text.trim().split("\n").slice(-3).join("; ");
    throw new EngineError("HOST_COMMAND_FAILED", `layer ${layer}: unpacking ended with ${end}: ${tail}`);
  }
  if (!result.ok) throw new EngineError(result.code, `layer ${layer}: ${result.message}`);
  return result;
}

function parseResult(text: string): UnpackResult | undefined {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line) as UnpackResult;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
