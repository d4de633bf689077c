/** Feeds a layer's stream to the confined process and takes its word on what came out. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { StageRequest } from "../../ports/layer-sink.ts";
import { spawnProcess, type SpawnedProcess } from "../process/spawn.ts";
import { makeWidePipe } from "../sys/pipe.ts";
import { isErrno } from "../sys/libc.ts";
import type { UnpackResult } from "./unpack/unpack-result.ts";

const SIGKILL = 9;
/** How long to wait for a full pipe: it holds 1 MB, which takes the process longer than this. */
const FULL_PIPE_MS = 1;
const RESULT_SPACE = 4096;

export interface UnpackCall {
  readonly command: readonly string[];
  readonly request: StageRequest;
  /** A descriptor that the process holds until it ends. */
  readonly keepOpen: number;
  /** Where the process writes its result. */
  readonly resultFile: string;
  /** Where it records what of the archive is not in the files. */
  readonly skeletonFile: string;
}

type Unpacked = Extract<UnpackResult, { ok: true }>;

/** @throws IMAGE_LAYER_INVALID, CANCELED, or what the stream threw. */
export async function runUnpack(call: UnpackCall): Promise<Unpacked> {
  const { request } = call;
  const input = makeWidePipe();
  // A file and no pipe: a pending read of one would hold a thread of the pool for as long as the layer takes.
  const output = openSync(call.resultFile, "wx", 0o600);
  // It has its blocks now: on a full disk the process can still say so.
  writeSync(output, " ".repeat(RESULT_SPACE), 0);
  const skeleton = openSync(call.skeletonFile, "wx", 0o600);
  const child = start(call, { input: input.read, output, skeleton });
  for (const fd of [input.read, output, skeleton]) closeSync(fd);
  const kill = (): void => child.kill(SIGKILL);
  request.signal?.addEventListener("abort", kill, { once: true });
  try {
    await feed(request.chunks, input.write);
  } catch (error) {
    kill();
    await child.exited;
    throw error;
  } finally {
    request.signal?.removeEventListener("abort", kill);
  }
  const { exitCode, signal } = await child.exited;
  if (request.signal?.aborted) throw new EngineError("CANCELED", "unpacking was canceled");
  return interpret(readFileSync(call.resultFile, "utf8"), signal ?? `exit status ${exitCode}`, request.name);
}

interface ChildFiles {
  readonly input: number;
  readonly output: number;
  readonly skeleton: number;
}

function start(call: UnpackCall, { input, output, skeleton }: ChildFiles): SpawnedProcess {
  return spawnProcess({
    argv: call.command,
    env: {},
    cwd: "/",
    stdin: input,
    stdout: output,
    stderr: output,
    extra: [call.keepOpen, skeleton],
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
    closeSync(fd);
  }
}

async function writeAll(fd: number, data: Uint8Array): Promise<boolean> {
  let done = 0;
  while (done < data.length) {
    try {
      done += writeSync(fd, data, done, data.length - done);
    } catch (error) {
      if (isErrno(error, "EPIPE")) return false;
      if (!isErrno(error, "EAGAIN")) throw error;
      await sleep(FULL_PIPE_MS);
    }
  }
  return true;
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
