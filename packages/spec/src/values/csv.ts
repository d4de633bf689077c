/** One record of comma-separated values as Go's encoding/csv reads it: what `--mount` and slice flags use. */
import { invalidValue } from "./value-error.ts";

/** @throws VALUE_INVALID on a stray or missing quote. */
export function parseCsv(record: string): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = record[at] === '"' ? quotedField(record, at) : bareField(record, at);
    fields.push(field.text);
    if (field.end >= record.length) return fields;
    at = field.end + 1;
  }
}

interface Field {
  readonly text: string;
  /** Index of the comma after the field, or the record's length. */
  readonly end: number;
}

function bareField(record: string, start: number): Field {
  const comma = record.indexOf(",", start);
  const end = comma === -1 ? record.length : comma;
  const text = record.slice(start, end);
  const quote = text.indexOf('"');
  if (quote !== -1) throw parseError(start + quote, 'bare " in non-quoted field');
  return { text, end };
}

function quotedField(record: string, start: number): Field {
  let text = "";
  let from = start + 1;
  for (;;) {
    const quote = record.indexOf('"', from);
    if (quote === -1) throw parseError(record.length, 'extraneous or missing " in quoted-field');
    text += record.slice(from, quote);
    const next = record[quote + 1];
    if (next === undefined || next === ",") return { text, end: quote + 1 };
    if (next !== '"') throw parseError(quote, 'extraneous or missing " in quoted-field');
    text += '"';
    from = quote + 2;
  }
}

function parseError(index: number, reason: string): Error {
  return invalidValue(`parse error on line 1, column ${index + 1}: ${reason}`);
}
