/** Entries of the journal's export format, turned into records of a container's log. */
import { localZoneAt } from "../../base/local-time/local-zone.ts";
import { numericZone } from "../../base/local-time/numeric-zone.ts";
import type { JournalRecords } from "../../ports/journal.ts";

const NEWLINE = 0x0a;
const EQUALS = 0x3d;
/** Of a field whose value may be anything: a length in front of it, as 64 bits. */
const LENGTH_BYTES = 8;
/** What conmon sends standard error as. */
const PRIORITY_ERROR = "3";

/** Takes bytes as they come, and gives the records of the entries that are whole. */
export class ExportReader {
  #rest: Buffer = Buffer.alloc(0);

  feed(chunk: Uint8Array): JournalRecords | undefined {
    let bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const records: Buffer[] = [];
    let cursor = "";
    for (let entry = readEntry(bytes); entry !== undefined; entry = readEntry(bytes)) {
      bytes = bytes.subarray(entry.end);
      const { fields } = entry;
      cursor = fields.get("__CURSOR")?.toString("latin1") ?? cursor;
      const record = recordOf(fields);
      if (record !== undefined) records.push(...record);
    }
    this.#rest = Buffer.from(bytes);
    return cursor === "" ? undefined : { bytes: Buffer.concat(records), cursor };
  }
}

interface Entry {
  readonly fields: ReadonlyMap<string, Buffer>;
  /** Behind the empty line that ends it. */
  readonly end: number;
}

/** Undefined while the entry is not there to its end. */
function readEntry(bytes: Buffer): Entry | undefined {
  const fields = new Map<string, Buffer>();
  let at = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline === -1) return undefined;
    if (newline === at) return { fields, end: at + 1 };
    const equals = bytes.indexOf(EQUALS, at);
    if (equals !== -1 && equals < newline) {
      fields.set(bytes.toString("latin1", at, equals), bytes.subarray(equals + 1, newline));
      at = newline + 1;
      continue;
    }
    const start = newline + 1 + LENGTH_BYTES;
    if (bytes.length < start) return undefined;
    const end = start + Number(bytes.readBigUInt64LE(newline + 1));
    if (bytes.length <= end) return undefined;
    fields.set(bytes.toString("latin1", at, newline), bytes.subarray(start, end));
    at = end + 1;
  }
}

function recordOf(fields: Entry["fields"]): Buffer[] | undefined {
  const message = fields.get("MESSAGE");
  const time = fields.get("__REALTIME_TIMESTAMP");
  if (message === undefined || time === undefined) return undefined;
  const stream = fields.get("PRIORITY")?.toString("latin1") === PRIORITY_ERROR ? "stderr" : "stdout";
  const tag = fields.has("CONTAINER_PARTIAL_MESSAGE") ? "P" : "F";
  const ends = message.at(-1) === NEWLINE;
  const head = Buffer.from(`${timeText(Number(time.toString("latin1")))} ${stream} ${tag} `);
  return [head, ends ? message : Buffer.concat([message, Buffer.from("\n")])];
}

/** As conmon writes times into files: local, with nine decimals and the zone. */
function timeText(microseconds: number): string {
  const ms = Math.floor(microseconds / 1000);
  const { offset } = localZoneAt(ms);
  const local = new Date(ms + offset * 1000).toISOString().slice(0, 19);
  const fraction = String(microseconds % 1_000_000).padStart(6, "0");
  return `${local}.${fraction}000${numericZone(offset)}`;
}
