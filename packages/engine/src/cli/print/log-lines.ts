/** Prints lines of containers' logs: to the stream they came from, with what the flags put in front. */
import type { LogLine } from "@podwright/spec/engine-api/containers";
import type { Io } from "../frame/command.ts";

export interface LogLineStyle {
  readonly timestamps: boolean;
  /** What stands before each line. */
  readonly prefix: "none" | "name" | "id";
  /** A colour for each container, where standard output takes colours. */
  readonly colour: boolean;
}

/** Bright foreground colours that read well on dark and on light. */
const COLOURS = [31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96];
const NEWLINE = Buffer.from("\n");

export async function printLogLines(
  io: Io,
  lines: AsyncIterable<LogLine>,
  style: LogLineStyle,
): Promise<void> {
  const colours = new Map<string, number>();
  /** Streams whose last record did not end its line: the next one goes on without a prefix. */
  const open = new Set<string>();
  for await (const line of lines) {
    const stream = `${line.containerId} ${line.stream}`;
    const head = open.has(stream) ? "" : prefixOf(line, style);
    if (line.partial) open.add(stream);
    else open.delete(stream);
    const parts = [Buffer.from(head), line.text, ...(line.partial ? [] : [NEWLINE])];
    const text = Buffer.concat(style.colour ? painted(parts, colourOf(line, colours)) : parts);
    if (line.stream === "stdout") io.out(text);
    else io.err(text);
  }
}

function prefixOf(line: LogLine, style: LogLineStyle): string {
  const who = { none: "", name: line.containerName, id: line.containerId.slice(0, 12) }[style.prefix];
  return `${who === "" ? "" : `${who} `}${style.timestamps ? `${line.time} ` : ""}`;
}

function colourOf({ containerId }: LogLine, colours: Map<string, number>): number {
  const known = colours.get(containerId) ?? COLOURS[colours.size % COLOURS.length] ?? 0;
  colours.set(containerId, known);
  return known;
}

function painted(parts: readonly Uint8Array[], colour: number): Uint8Array[] {
  return [Buffer.from(`\x1b[${colour}m`), ...parts, Buffer.from("\x1b[0m")];
}
