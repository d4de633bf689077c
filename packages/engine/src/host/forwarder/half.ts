/** One direction of a connection: bytes go from one socket through a pipe to the other, and so does their end. */
import { E } from "../sys/forward-calls.ts";

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** What it needs of the system. */
export interface HalfCalls {
  /** The number of bytes, 0 at the end, or minus errno. */
  splice(from: number, to: number, length: number): number;
  endWriting(fd: number): number;
  /** Undefined when there are no descriptors left. */
  takePipe(): Pipe | undefined;
  givePipe(pipe: Pipe): void;
  /** One that may have bytes in it. */
  closePipe(pipe: Pipe): void;
}

/** `waits` for an event, `ready` to go on but others' turn, `done` with the end passed on, `failed` for good. */
export type Progress = "waits" | "ready" | "done" | "failed";

/** Of one splice. */
const MOST_BYTES = 1 << 20;
/** Splices into the pipe before others have their turn. */
const TURNS = 16;

export class Half {
  /** Hints: true until a call says otherwise, and again with the next event. */
  readable = false;
  writable = false;
  readonly #calls: HalfCalls;
  readonly #from: number;
  readonly #to: number;
  #pipe: Pipe | undefined;
  #inPipe = 0;
  #ended = false;
  #done = false;

  constructor(calls: HalfCalls, from: number, to: number) {
    this.#calls = calls;
    this.#from = from;
    this.#to = to;
  }

  /** As far as it goes. */
  pump(): Progress {
    for (let turns = 0; !this.#done; ) {
      if (this.#inPipe > 0) {
        const stopped = this.#drain();
        if (stopped !== undefined) return stopped;
      } else if (this.#ended) {
        this.#rest();
        this.#done = true;
        // A peer that is gone has no use for it.
        this.#calls.endWriting(this.#to);
      } else {
        // Nothing is taken in that cannot go out: a connection that waits has no pipe, and its client is held back.
        if (!this.readable || !this.writable) return this.#rest();
        if (turns++ === TURNS) return "ready";
        if (!this.#fill()) return "failed";
      }
    }
    return "done";
  }

  /** Lets go of what is under way. */
  cut(): void {
    if (this.#pipe !== undefined) this.#calls.closePipe(this.#pipe);
    this.#pipe = undefined;
    this.#inPipe = 0;
    this.#done = true;
  }

  #fill(): boolean {
    this.#pipe ??= this.#calls.takePipe();
    if (this.#pipe === undefined) return false;
    const length = this.#calls.splice(this.#from, this.#pipe.write, MOST_BYTES);
    if (length > 0) this.#inPipe = length;
    else if (length === 0) this.#ended = true;
    else if (mayGoOn(length)) this.readable = length !== -E.AGAIN;
    else return false;
    return true;
  }

  #drain(): Progress | undefined {
    if (!this.writable) return "waits";
    if (this.#pipe === undefined) return "failed";
    const length = this.#calls.splice(this.#pipe.read, this.#to, this.#inPipe);
    if (length > 0) this.#inPipe -= length;
    else if (mayGoOn(length)) this.writable = length !== -E.AGAIN;
    else return "failed";
    return undefined;
  }

  #rest(): Progress {
    if (this.#pipe !== undefined) this.#calls.givePipe(this.#pipe);
    this.#pipe = undefined;
    return "waits";
  }
}

function mayGoOn(result: number): boolean {
  return result === -E.AGAIN || result === -E.INTR;
}
