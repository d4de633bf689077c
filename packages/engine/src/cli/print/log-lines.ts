/** Prints lines of containers' logs: to the stream they came from, with what the flags put in front. */
import type { LogBatch } from "@podwright/spec/engine-api/log-batch";
import { LOG_COLUMNS, LOG_PARTIAL, LOG_STDERR } from "@podwright/spec/values/log-batch";
import type { Io } from "../frame/command.ts";

export interface LogLineStyle {
  readonly timestamps: boolean;
  /** What stands before each line. */
  readonly prefix: "none" | "name" | "id";
  /** A colour for each container, where standard output takes colours. */
  readonly colour: boolean;
  /** Several containers share the output: a line of one is not broken by a line of another. */
  readonly several: boolean;
  /** Lines are shown as they come, not as they fill a buffer. */
  readonly live: boolean;
}

/** Bright foreground colours that read well on dark and on light. */
const COLOURS = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96];
const RESET = Buffer.from("\x1b[0m");
const NEWLINE = Buffer.from("\n");
const NOTHING = Buffer.alloc(0);
const SPACE = 0x20;
/** Of the times that conmon writes. */
const TIME_LENGTH = 35;
const OUTPUT_SIZE = 65_536;
/** Bytes of an unfinished line that wait for its end. */
const LONGEST_HELD = 65_536;

export async function printLogLines(
  io: Io,
  batches: AsyncIterable<LogBatch>,
  style: LogLineStyle,
): Promise<void> {
  const printer = new LogPrinter(io, style);
  for await (const batch of batches) printer.print(batch);
  printer.end();
}

/** What stands around each line of a container. */
interface Frame {
  readonly paint: Buffer;
  readonly who: Buffer;
  readonly reset: Buffer;
}

/** A line whose end has not come yet. */
interface OpenLine {
  readonly stream: number;
  readonly frame: Frame;
  /** With the blank behind it. */
  readonly time: Buffer;
  /** What was not printed of it yet. */
  held: Buffer[];
  size: number;
  /** What stands in front of it and what was held before are printed already. */
  begun: boolean;
}

class LogPrinter {
  readonly #style: LogLineStyle;
  readonly #out: Output;
  readonly #frames = new Map<string, Frame>();
  readonly #open = new Map<string, OpenLine>();

  constructor(io: Io, style: LogLineStyle) {
    this.#style = style;
    this.#out = new Output(io);
  }

  print(batch: LogBatch): void {
    const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
    const frame = this.#frameOf(batch);
    const { columns, containerId } = batch;
    const keys = [openKey(containerId, 0), openKey(containerId, LOG_STDERR)] as const;
    for (let line = batch.from; line < batch.to; line += 1) {
      const at = line * LOG_COLUMNS;
      const flags = columns[at + 3] ?? 0;
      const goesOn = this.#open.size > 0 && this.#open.has(keys[(flags & LOG_STDERR) === 0 ? 0 : 1]);
      const whole = !goesOn && (flags & LOG_PARTIAL) === 0;
      if (whole) this.#printWhole(frame, bytes, columns, at);
      else this.#printPart(batch, bytes, at);
    }
    if (this.#style.live) this.#out.flush();
  }

  /** What is still open when the logs end: its line has no newline. */
  end(): void {
    for (const line of this.#open.values()) this.#printPiece(line, NOTHING);
    this.#out.flush();
  }

  /** Runs once per line of logs that may be large: makes no objects. */
  #printWhole({ paint, who, reset }: Frame, bytes: Buffer, columns: Int32Array, at: number): void {
    const [start = 0, text = 0, end = 0] = [columns[at], columns[at + 1], columns[at + 2]];
    const stream = (columns[at + 3] ?? 0) & LOG_STDERR;
    const out = this.#out;
    if (paint.length > 0) out.append(stream, paint);
    if (who.length > 0) out.append(stream, who);
    if (this.#style.timestamps) out.write(stream, bytes, start, timeEnd(bytes, start));
    // A record's own newline ends the line that is shown.
    if (reset.length === 0) return out.write(stream, bytes, text, end + 1);
    out.write(stream, bytes, text, end);
    out.append(stream, reset);
    out.append(stream, NEWLINE);
  }

  #printPart(batch: LogBatch, bytes: Buffer, at: number): void {
    const { columns } = batch;
    const [start = 0, flags = 0] = [columns[at], columns[at + 3]];
    const text = bytes.subarray(columns[at + 1], columns[at + 2]);
    const stream = flags & LOG_STDERR;
    const key = openKey(batch.containerId, stream);
    const time = this.#style.timestamps ? bytes.subarray(start, timeEnd(bytes, start)) : NOTHING;
    const line = this.#open.get(key) ?? beginLine(stream, this.#frameOf(batch), time);
    if ((flags & LOG_PARTIAL) === 0) {
      this.#open.delete(key);
      this.#printPiece(line, text);
      this.#out.append(stream, NEWLINE);
      return;
    }
    this.#open.set(key, line);
    const waits = this.#style.several && line.size + text.length <= LONGEST_HELD;
    if (!waits) return this.#printPiece(line, text);
    line.held.push(Buffer.from(text));
    line.size += text.length;
  }

  #printPiece(line: OpenLine, text: Buffer): void {
    if (line.begun && text.length === 0) return;
    const { paint, who, reset } = line.frame;
    const front = line.begun ? [paint] : [paint, who, line.time];
    for (const piece of [...front, ...line.held, text, reset]) this.#out.append(line.stream, piece);
    line.held = [];
    line.size = 0;
    line.begun = true;
  }

  #frameOf({ containerId, containerName }: LogBatch): Frame {
    const known = this.#frames.get(containerId);
    if (known !== undefined) return known;
    const { prefix, colour } = this.#style;
    const who = { none: "", name: `${containerName} `, id: `${containerId.slice(0, 12)} ` }[prefix];
    const paint = `\x1b[${COLOURS[this.#frames.size % COLOURS.length] ?? 0}m`;
    const frame = {
      paint: colour ? Buffer.from(paint) : NOTHING,
      who: Buffer.from(who),
      reset: colour ? RESET : NOTHING,
    };
    this.#frames.set(containerId, frame);
    return frame;
  }
}

function openKey(containerId: string, stream: number): string {
  return `${containerId}${stream}`;
}

function beginLine(stream: number, frame: Frame, time: Buffer): OpenLine {
  return { stream, frame, time: Buffer.from(time), held: [], size: 0, begun: false };
}

/** Behind the blank that ends the time. */
function timeEnd(bytes: Buffer, start: number): number {
  return bytes[start + TIME_LENGTH] === SPACE ? start + TIME_LENGTH + 1 : bytes.indexOf(SPACE, start) + 1;
}

/** Gathers what goes to one stream, and keeps the order of the two. */
class Output {
  readonly #io: Io;
  readonly #buffer = Buffer.allocUnsafe(OUTPUT_SIZE);
  #used = 0;
  #stream = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  append(stream: number, bytes: Buffer): void {
    this.write(stream, bytes, 0, bytes.length);
  }

  write(stream: number, bytes: Buffer, from: number, to: number): void {
    if (stream !== this.#stream || this.#used + to - from > OUTPUT_SIZE) this.flush();
    this.#stream = stream;
    if (to - from > OUTPUT_SIZE) this.#send(bytes.subarray(from, to));
    else this.#used += bytes.copy(this.#buffer, this.#used, from, to);
  }

  flush(): void {
    if (this.#used > 0) this.#send(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #send(bytes: Buffer): void {
    if (this.#stream === 0) this.#io.out(bytes);
    else this.#io.err(bytes);
  }
}
