/** The confined process that turns one layer's stream into files: `internal unpack-layer DIRECTORY`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { createHash } from "node:crypto";
import { closeSync, openSync, read, writeSync } from "node:fs";
import { decompress } from "../../../tar/decompress.ts";
import { showName } from "../../../tar/tar-entry.ts";
import { TarReader } from "../../../tar/tar-reader.ts";
import { loadByteFiles, syncFileSystem } from "../../sys/byte-files.ts";
import { CAPABILITY, confineTo, dieWithParent } from "../../sys/confine.ts";
import { loadFileHoles } from "../../sys/file-holes.ts";
import { SkeletonWriter } from "../skeleton/skeleton-writer.ts";
import { describeFailure } from "./describe-failure.ts";
import { TreeWriter } from "./tree-writer.ts";
import type { UnpackResult } from "./unpack-result.ts";

const READ_SIZE = 1 << 18;
const STDIN = 0;
const STDOUT = 1;
/** After the descriptor that keeps the stage locked. */
const SKELETON = 4;

/** Reads a layer, compressed or not, from standard input; gives the exit status. The result goes to stdout as JSON. */
export async function runUnpackChild(args: readonly string[]): Promise<number> {
  const [directory] = args;
  if (directory === undefined || args.length !== 1) return 2;
  let result: UnpackResult;
  try {
    dieWithParent();
    loadByteFiles();
    loadFileHoles();
    process.umask(0);
    confineTo(directory, Object.values(CAPABILITY));
    result = await unpack();
  } catch (error) {
    result = { ok: false, ...describeFailure(error) };
  }
  writeSync(STDOUT, `${JSON.stringify(result)}\n`);
  return result.ok ? 0 : 1;
}

async function unpack(): Promise<UnpackResult> {
  const hash = createHash("sha256");
  const skeleton = new SkeletonWriter(SKELETON);
  const writer = new TreeWriter(skeleton);
  const chunks = hashed(decompress(standardInput()), (chunk) => hash.update(chunk));
  const reader = new TarReader(chunks, (bytes) => skeleton.raw(bytes));
  let current = "";
  try {
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      current = showName(entry.header.name);
      await writer.write(entry);
    }
    current = "";
    writer.finish();
    skeleton.finish();
  } catch (error) {
    const { code, message } = describeFailure(error);
    throw new EngineError(code, current === "" ? message : `entry ${current}: ${message}`, { cause: error });
  }
  syncRoot();
  return {
    ok: true,
    diffId: `sha256:${hash.digest("hex")}`,
    size: writer.size,
    rootSeen: writer.rootSeen,
    fileMarks: writer.fileMarks,
    opaque: [...writer.opaque.values()].map((path) => path.toString("base64")),
  };
}

/** The layer must outlast a power cut before its name appears. */
function syncRoot(): void {
  const fd = openSync("/", "r");
  try {
    syncFileSystem(fd);
  } finally {
    closeSync(fd);
  }
}

async function* standardInput(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(READ_SIZE);
    const length = await new Promise<number>((resolve, reject) => {
      read(STDIN, buffer, 0, READ_SIZE, null, (error, count) => (error ? reject(error) : resolve(count)));
    });
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  update: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    update(chunk);
    yield chunk;
  }
}
