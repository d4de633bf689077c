/** Reads a skeleton back: the tar's own bytes in order, and which content belongs between them. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { FRAME, FRAME_HEADER, FRAME_SIZE, MAGIC, RECORD, type Run } from "./format.ts";

export type SkeletonPart =
  | { readonly kind: "raw"; readonly bytes: Buffer }
  | {
      readonly kind: "content";
      readonly path: Buffer;
      readonly runs: readonly Run[];
      /** Set where a later entry of the tar took the file's place. */
      readonly replaced: ReplacedFile | undefined;
    };

/** Reads bytes of a file that is no longer there; holes are zeros. */
export interface ReplacedFile {
  read(offset: number, length: number): Buffer;
}

interface Frame {
  readonly kind: number;
  readonly at: number;
  readonly stored: number;
  readonly plain: number;
}

interface Replaced {
  /** Contents recorded before it was replaced. */
  readonly contents: number;
  readonly pieces: Frame[];
}

/** No writer makes larger frames: this bounds what a damaged file makes us allocate. */
const LARGEST_FRAME = 16 * FRAME_SIZE;

export class SkeletonReader {
  readonly #fd: number;
  readonly #stream: Frame[] = [];
  readonly #replaced = new Map<string, Replaced[]>();
  /** Of the whole tar. */
  readonly size: number;

  /** @throws IMAGE_LAYER_INCOMPLETE */
  constructor(fd: number) {
    this.#fd = fd;
    this.size = this.#index();
  }

  *parts(): Generator<SkeletonPart> {
    let contents = 0;
    for (const frame of this.#stream) {
      for (const part of recordsOf(this.#plain(frame))) {
        if (part.kind === "raw") {
          yield part;
          continue;
        }
        const replaced = this.#replacedAfter(part.path, contents);
        contents += 1;
        yield { ...part, replaced };
      }
    }
  }

  /** Finds the frames, and gives the size of the tar. */
  #index(): number {
    let at = MAGIC.length;
    if (!this.#exactly(0, at).equals(MAGIC)) throw incomplete();
    let last: Replaced | undefined;
    for (;;) {
      const header = this.#exactly(at, FRAME_HEADER);
      const frame = {
        kind: header.readUInt8(0),
        at: at + FRAME_HEADER,
        stored: header.readUInt32LE(1),
        plain: header.readUInt32LE(5),
      };
      if (frame.plain > LARGEST_FRAME || frame.stored > frame.plain) throw incomplete();
      at = frame.at + frame.stored;
      switch (frame.kind) {
        case FRAME.stream:
          this.#stream.push(frame);
          break;
        case FRAME.replaced:
          last = this.#addReplaced(this.#plain(frame));
          break;
        case FRAME.data:
          last?.pieces.push(frame);
          break;
        case FRAME.end:
          return Number(this.#plain(frame).readBigUInt64LE());
        default:
          throw incomplete();
      }
    }
  }

  #addReplaced(plain: Buffer): Replaced {
    const entry = { contents: Number(plain.readBigUInt64LE()), pieces: [] };
    const key = plain.toString("latin1", 8);
    const known = this.#replaced.get(key);
    if (known === undefined) this.#replaced.set(key, [entry]);
    else known.push(entry);
    return entry;
  }

  /** Content number `index` of that name was replaced if the name gave way at any time after it. */
  #replacedAfter(path: Buffer, index: number): ReplacedFile | undefined {
    const found = this.#replaced.get(path.toString("latin1"))?.find(({ contents }) => contents > index);
    if (found === undefined) return undefined;
    return { read: (offset, length) => this.#readPieces(found.pieces, offset, length) };
  }

  #readPieces(pieces: readonly Frame[], offset: number, length: number): Buffer {
    const result = Buffer.alloc(length);
    // Pieces are in order: those that end before the offset are passed over by their lengths alone.
    for (const frame of pieces) {
      const start = Number(this.#head(frame).readBigUInt64LE());
      const end = start + frame.plain - 8;
      if (end <= offset) continue;
      if (start >= offset + length) break;
      const data = this.#plain(frame).subarray(8);
      const from = Math.max(start, offset);
      data.copy(result, from - offset, from - start, Math.min(end, offset + length) - start);
    }
    return result;
  }

  #head(frame: Frame): Buffer {
    return frame.stored === frame.plain ? this.#exactly(frame.at, 8) : this.#plain(frame);
  }

  #plain(frame: Frame): Buffer {
    const stored = this.#exactly(frame.at, frame.stored);
    if (frame.stored === frame.plain) return stored;
    const plain = zstdDecompressSync(stored, { maxOutputLength: frame.plain });
    if (plain.length !== frame.plain) throw incomplete();
    return plain;
  }

  #exactly(at: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#fd, buffer, done, length - done, at + done);
      if (count === 0) throw incomplete();
      done += count;
    }
    return buffer;
  }
}

type Record =
  | { readonly kind: "raw"; readonly bytes: Buffer }
  | { readonly kind: "content"; readonly path: Buffer; readonly runs: readonly Run[] };

function* recordsOf(frame: Buffer): Generator<Record> {
  let at = 0;
  while (at < frame.length) {
    const kind = frame.readUInt8(at);
    const length = frame.readUInt32LE(at + 1);
    at += 5;
    if (kind === RECORD.raw) {
      yield { kind: "raw", bytes: frame.subarray(at, at + length) };
      at += length;
      continue;
    }
    const count = frame.readUInt32LE(at);
    const path = frame.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    const runs: Run[] = [];
    for (let index = 0; index < count; index++, at += 16) {
      const offset = Number(frame.readBigUInt64LE(at));
      runs.push({ offset, length: Number(frame.readBigUInt64LE(at + 8)) });
    }
    yield { kind: "content", path, runs };
  }
}

export function incomplete(): EngineError {
  return new EngineError("IMAGE_LAYER_INCOMPLETE", "how its archive was laid out is not known", {
    hint: "the image came with an older version: remove it (rmi) and pull it again",
  });
}
