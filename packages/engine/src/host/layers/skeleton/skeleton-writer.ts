/** Records a layer's skeleton while the confined process unpacks the layer; memory does not grow with the layer. */
import { readSync, writeSync } from "node:fs";
import { zstdCompressSync, constants as zlib } from "node:zlib";
import { dataRuns } from "../../sys/file-holes.ts";
import { FRAME, FRAME_HEADER, FRAME_SIZE, MAGIC, RECORD, type Run } from "./format.ts";

const RAW_HEADER = 5;
const CONTENT_HEADER = 9;
const RUN_SIZE = 16;
/** What is shorter gains nothing from compression. */
const WORTH_COMPRESSING = 256;
/** Headers repeat themselves: higher levels gain a few per cent for several times the work. */
const LEVEL = { params: { [zlib.ZSTD_c_compressionLevel]: 1 } };

export class SkeletonWriter {
  readonly #fd: number;
  #batch = Buffer.allocUnsafe(FRAME_SIZE);
  #length = 0;
  /** Where the raw record that can still grow begins; -1 without one. */
  #rawAt = -1;
  #contents = 0;
  #total = 0;

  constructor(fd: number) {
    this.#fd = fd;
    writeAll(fd, MAGIC);
  }

  /** Bytes of the tar that are no file's content. */
  raw(bytes: Buffer): void {
    this.#total += bytes.length;
    let done = 0;
    while (done < bytes.length) {
      if (this.#rawAt < 0) this.#beginRaw();
      const part = Math.min(bytes.length - done, this.#batch.length - this.#length);
      bytes.copy(this.#batch, this.#length, done, done + part);
      this.#length += part;
      done += part;
      if (this.#length === this.#batch.length) this.#flush();
    }
  }

  /** Here the tar goes on with the content of the file at `path`, which leads through no symlink. */
  content(path: Buffer, runs: readonly Run[]): void {
    if (runs.length === 0) return;
    this.#endRaw();
    const size = CONTENT_HEADER + path.length + runs.length * RUN_SIZE;
    if (this.#length + size > this.#batch.length) this.#flush();
    // Only a file of thousands of runs does not fit an empty batch.
    if (size > this.#batch.length) this.#batch = Buffer.allocUnsafe(size);
    let at = this.#batch.writeUInt8(RECORD.content, this.#length);
    at = this.#batch.writeUInt32LE(path.length, at);
    at = this.#batch.writeUInt32LE(runs.length, at);
    at += path.copy(this.#batch, at);
    for (const { offset, length } of runs) {
      at = this.#batch.writeBigUInt64LE(BigInt(offset), at);
      at = this.#batch.writeBigUInt64LE(BigInt(length), at);
      this.#total += length;
    }
    this.#length = at;
    this.#contents += 1;
  }

  /** Keeps a file's content that is about to go: an archive may hold a name twice. */
  replaced(path: Buffer, file: number, size: number): void {
    const header = Buffer.alloc(8);
    header.writeBigUInt64LE(BigInt(this.#contents));
    this.#frame(FRAME.replaced, Buffer.concat([header, path]));
    for (const run of dataRuns(file, size)) {
      for (let done = 0; done < run.length; ) {
        const piece = Buffer.alloc(8 + Math.min(FRAME_SIZE, run.length - done));
        piece.writeBigUInt64LE(BigInt(run.offset + done));
        const count = readSync(file, piece, 8, piece.length - 8, run.offset + done);
        if (count === 0) break;
        this.#frame(FRAME.data, piece.subarray(0, 8 + count));
        done += count;
      }
    }
  }

  /** Without it the skeleton is known to be incomplete. */
  finish(): void {
    this.#flush();
    const total = Buffer.alloc(8);
    total.writeBigUInt64LE(BigInt(this.#total));
    this.#frame(FRAME.end, total);
  }

  #beginRaw(): void {
    if (this.#batch.length - this.#length <= RAW_HEADER) this.#flush();
    this.#rawAt = this.#length;
    this.#length += RAW_HEADER;
  }

  #endRaw(): void {
    if (this.#rawAt < 0) return;
    this.#batch.writeUInt8(RECORD.raw, this.#rawAt);
    this.#batch.writeUInt32LE(this.#length - this.#rawAt - RAW_HEADER, this.#rawAt + 1);
    this.#rawAt = -1;
  }

  #flush(): void {
    this.#endRaw();
    if (this.#length > 0) this.#frame(FRAME.stream, this.#batch.subarray(0, this.#length));
    this.#length = 0;
  }

  #frame(kind: number, plain: Buffer): void {
    const packed = plain.length < WORTH_COMPRESSING ? plain : zstdCompressSync(plain, LEVEL);
    // Equal lengths say "not compressed".
    const stored = packed.length < plain.length ? packed : plain;
    const header = Buffer.alloc(FRAME_HEADER);
    header.writeUInt8(kind, 0);
    header.writeUInt32LE(stored.length, 1);
    header.writeUInt32LE(plain.length, 5);
    writeAll(this.#fd, Buffer.concat([header, stored]));
  }
}

function writeAll(fd: number, data: Buffer): void {
  let done = 0;
  while (done < data.length) done += writeSync(fd, data, done);
}
