/** Names and symlink targets, end to end in one buffer: a million small buffers would cost a hundred megabytes. */
import { refusal } from "../unpack/entry-name.ts";

const FIRST_SIZE = 1 << 16;
/** Far above any honest layer: about 30 million names. */
const LIMIT = 1 << 29;

export class NameHeap {
  bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;

  /** Gives where it begins. */
  add(source: Uint8Array, start = 0, end = source.length): number {
    const at = this.#length;
    const length = at + end - start;
    if (length > this.bytes.length) this.#grow(length);
    this.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
    this.#length = length;
    return at;
  }

  /** Whether the bytes from `at` on are those of `other` from `start` to `end`. */
  has(at: number, other: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    for (let index = start, own = at; index < end; index++, own++) {
      if (bytes[own] !== other[index]) return false;
    }
    return true;
  }

  #grow(length: number): void {
    if (length > LIMIT) throw refusal("the layer's names are too long in all");
    const bytes = Buffer.allocUnsafeSlow(Math.min(LIMIT, Math.max(length, this.bytes.length * 2)));
    bytes.set(this.bytes.subarray(0, this.#length));
    this.bytes = bytes;
  }
}
