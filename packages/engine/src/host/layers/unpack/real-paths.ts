/** Where a name of the archive really leads once the layer's own symlinks are followed. */
import { readlinkBytes } from "../../sys/byte-files.ts";
import { baseOf, joinName, normalizeName, parentOf, prefixesOf, refusal } from "./entry-name.ts";

const MAX_LINKS = 1 << 20;
/** As the kernel has it. */
const MAX_HOPS = 40;
const SLASH = 0x2f;

/**
 * A layer begins as an empty directory, so it has only the symlinks that were noted here: names without one of them
 * on the way, all but a few, cost no system call.
 */
export class RealPaths {
  readonly #links = new Set<string>();
  #lastParent: Buffer | undefined;
  #lastReal: Buffer = Buffer.alloc(0);

  /** A symlink was made there. */
  noteLink(path: Buffer): void {
    if (this.#links.size >= MAX_LINKS) throw refusal("the layer has too many symlinks");
    this.#links.add(this.of(path).toString("latin1"));
    this.#lastParent = undefined;
  }

  /** What stood at a name gives way: it may have been a symlink. */
  forget(): void {
    this.#lastParent = undefined;
  }

  /** The same file by a path without symlinks on the way; the last part is not followed. */
  of(path: Buffer): Buffer {
    if (this.#links.size === 0) return path;
    const parent = parentOf(path);
    if (this.#lastParent?.equals(parent) !== true) {
      this.#lastReal = this.#resolve(parent);
      this.#lastParent = Buffer.from(parent);
    }
    return this.#lastReal.equals(parent) ? path : joinName(this.#lastReal, baseOf(path));
  }

  #resolve(directory: Buffer): Buffer {
    const noted = prefixesOf(directory).some((prefix) => this.#links.has(prefix.toString("latin1")));
    return noted ? followLinks(directory) : Buffer.from(directory);
  }
}

function followLinks(directory: Buffer): Buffer {
  let real: Buffer = Buffer.alloc(0);
  let pending = partsOf(directory);
  for (let hops = 0; ; ) {
    const part = pending.shift();
    if (part === undefined) return real;
    const text = part.length <= 2 ? part.toString("latin1") : "a name";
    if (text === "" || text === ".") continue;
    if (text === "..") {
      real = Buffer.from(parentOf(real));
      continue;
    }
    const next = Buffer.from(joinName(real, part));
    const target = readlinkBytes(next);
    if (target === undefined) {
      real = next;
      continue;
    }
    hops += 1;
    if (hops > MAX_HOPS) return normalizeName(directory);
    if (target[0] === SLASH) real = Buffer.alloc(0);
    pending = [...partsOf(target), ...pending];
  }
}

function partsOf(path: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = path.indexOf(SLASH); at !== -1; at = path.indexOf(SLASH, start)) {
    parts.push(Buffer.from(path.subarray(start, at)));
    start = at + 1;
  }
  parts.push(Buffer.from(path.subarray(start)));
  return parts;
}
