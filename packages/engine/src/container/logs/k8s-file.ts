/** One record of a log in Kubernetes' format: `<time> stdout|stderr F|P <text>`. */

export interface LogRecord {
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  /** The line goes on in the next record of the stream. */
  readonly partial: boolean;
  readonly text: Uint8Array;
}

const SPACE = 0x20;

/** `line` is without its newline. Undefined for what is no record (a write that was cut short). */
export function parseLogRecord(line: Uint8Array): LogRecord | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  if (first < 0 || second < 0) return undefined;
  const third = line.indexOf(SPACE, second + 1);
  const stream = latin1(line.subarray(first + 1, second));
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const tags = latin1(line.subarray(second + 1, third < 0 ? line.length : third)).split(":");
  const text = third < 0 ? new Uint8Array(0) : line.subarray(third + 1);
  return { time: latin1(line.subarray(0, first)), stream, partial: tags.includes("P"), text };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
