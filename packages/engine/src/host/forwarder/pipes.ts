/** Empty pipes, used again: making one costs more than filling it. */
import { closeFd, endWriting, pipe, splice } from "../sys/forward-calls.ts";
import type { HalfCalls, Pipe } from "./half.ts";

/** Bytes; what the system gives is less when the user has many. */
const SIZE = 1 << 18;
const MOST_SPARE = 16;

export class Pipes implements HalfCalls {
  readonly #spare: Pipe[] = [];
  readonly splice = splice;
  readonly endWriting = endWriting;

  takePipe(): Pipe | undefined {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    const made = pipe(SIZE);
    return typeof made === "number" ? undefined : made;
  }

  givePipe(used: Pipe): void {
    if (this.#spare.length < MOST_SPARE) this.#spare.push(used);
    else this.closePipe(used);
  }

  closePipe({ read, write }: Pipe): void {
    closeFd(read);
    closeFd(write);
  }
}
