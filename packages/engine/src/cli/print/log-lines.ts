/** Prints lines of containers' logs: to the stream they came from, with what the flags put in front. */
import type { LogBatch } from "@podwright/spec/engine-api/containers";
import { LOG_COLUMNS, LOG_PARTIAL, LOG_STDERR, logTime } from "@podwright/spec/values/log-batch";
import type { Io } from "../frame/command.ts";

export interface LogLineStyle {
  readonly timestamps: boolean;
  /** What stands before each line. */
  readonly prefix: "none" | "name" | "id";
  /** A colour for each container, where standard output takes colours. */
  readonly colour: boolean;
  /** Several containers share the output: a line of one is not broken by a line of another. */
  readonly several: boolean;
}

/** Bright foreground colours that read well on dark and on light. */
const COLOURS = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96];
const RESET = Buffer.from("\x1b[0m");
const NEWLINE = Buffer.from("\n");
const NOTHING = Buffer.alloc(0);
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

/** A line whose end has not come yet. */
interface OpenLine {
  readonly stderr: boolean;
  readonly paint: Buffer;
  readonly head: Buffer;
  readonly tail: Buffer;
  /** What was not printed of it yet. */
  held: Buffer[];
  size: number;
  /** Its head and what was held before are printed already. */
  begun: boolean;
}

class LogPrinter {
  readonly #style: LogLineStyle;
  readonly #out: Output;
  readonly #colours = new Map<string, number>();
  readonly #open = new Map<string, OpenLine>();

  constructor(io: Io, style: LogLineStyle) {
    this.#style = style;
    this.#out = new Output(io);
  }

  print(batch: LogBatch): void {
    const plain = this.#style.prefix === "none" && !this.#style.timestamps && !this.#style.colour;
    const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
    const { columns } = batch;
    for (let line = batch.from; line < batch.to; line += 1) {
      const at = line * LOG_COLUMNS;
      const [text = 0, end = 0, flags = 0] = [columns[at + 1], columns[at + 2], columns[at + 3]];
      const whole = this.#open.size === 0 && (flags & LOG_PARTIAL) === 0;
      // A record's own newline ends the line that is shown.
      if (whole && plain) this.#out.write(flags & LOG_STDERR, bytes, { from: text, to: end + 1 });
      else this.#printStyled(batch, bytes, at);
    }
    this.#out.flush();
  }

  /** What is still open when the logs end: its line has no newline. */
  end(): void {
    for (const line of this.#open.values()) this.#printPiece(line, NOTHING);
    this.#out.flush();
  }

  #printStyled(batch: LogBatch, bytes: Buffer, at: number): void {
    const { columns, containerId } = batch;
    const flags = columns[at + 3] ?? 0;
    const text = bytes.subarray(columns[at + 1], columns[at + 2]);
    const stream = flags & LOG_STDERR;
    const key = `${containerId}${stream}`;
    const line = this.#open.get(key) ?? this.#begin(batch, bytes, at);
    if ((flags & LOG_PARTIAL) === 0) {
      this.#open.delete(key);
      this.#printPiece(line, text);
      this.#out.append(stream, NEWLINE);
      return;
    }
    this.#open.set(key, line);
    const waits = this.#style.several && line.size + text.length <= LONGEST_HELD;
    if (waits) {
      line.held.push(Buffer.from(text));
      line.size += text.length;
    } else {
      this.#printPiece(line, text);
    }
  }

  #begin({ containerId, containerName, columns }: LogBatch, bytes: Buffer, at: number): OpenLine {
    const { prefix, timestamps, colour } = this.#style;
    const who = { none: "", name: `${containerName} `, id: `${containerId.slice(0, 12)} ` }[prefix];
    const when = timestamps ? `${logTime(bytes, columns[at] ?? 0)} ` : "";
    return {
      stderr: ((columns[at + 3] ?? 0) & LOG_STDERR) !== 0,
      paint: colour ? Buffer.from(`\x1b[${this.#colourOf(containerId)}m`) : NOTHING,
      head: Buffer.from(`${who}${when}`),
      tail: colour ? RESET : NOTHING,
      held: [],
      size: 0,
      begun: false,
    };
  }

  #printPiece(line: OpenLine, text: Buffer): void {
    const stream = line.stderr ? LOG_STDERR : 0;
    if (line.begun && text.length === 0) return;
    const head = line.begun ? NOTHING : line.head;
    const pieces = [line.paint, head, ...line.held, text, line.tail];
    for (const piece of pieces) this.#out.append(stream, piece);
    line.held = [];
    line.size = 0;
    line.begun = true;
  }

  #colourOf(containerId: string): number {
    const known = this.#colours.get(containerId) ?? COLOURS[this.#colours.size % COLOURS.length] ?? 0;
    this.#colours.set(containerId, known);
    return known;
  }
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
    this.write(stream, bytes, { from: 0, to: bytes.length });
  }

  write(stream: number, bytes: Buffer, { from, to }: { readonly from: number; readonly to: number }): void {
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
