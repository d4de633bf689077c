/** A moment as Go shows it: `2026-11-22 14:15:09.123456789 +0000 UTC` in templates, RFC 3339 in JSON. */

const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Go's zero time, which stands for "never". */
const ZERO_MS = Date.UTC(1, 0, 1) + yearOneShift();

export class GoTime {
  /** RFC 3339 with up to nine decimals, as JSON has it. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static fromDate(date: Date): GoTime {
    return new GoTime(rfc3339Local(date));
  }

  static parse(text: string): GoTime | undefined {
    return RFC3339.test(text) ? new GoTime(text) : undefined;
  }

  /** Milliseconds since 1970. */
  get ms(): number {
    return Date.parse(this.text);
  }

  get isZero(): boolean {
    return this.ms === ZERO_MS;
  }

  toString(): string {
    const [, day = "", time = "", fraction = "", zone = "Z"] = RFC3339.exec(this.text) ?? [];
    const decimals = fraction.replace(/\.?0+$/, "");
    const offset = zone === "Z" ? "+0000" : zone.replace(":", "");
    return `${day} ${time}${decimals} ${offset} ${zoneName(this.ms, offset)}`;
  }

  toJSON(): string {
    return this.text;
  }
}

/** RFC 3339 in the local zone with the fraction's trailing zeros cut: Go's time.RFC3339Nano. */
export function rfc3339Local(date: Date): string {
  const pad = (n: number, width = 2): string => String(n).padStart(width, "0");
  const minutes = -date.getTimezoneOffset();
  const zone =
    minutes === 0
      ? "Z"
      : `${minutes < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
  const fraction =
    date.getMilliseconds() === 0 ? "" : `.${pad(date.getMilliseconds(), 3)}`.replace(/0+$/, "");
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}${fraction}${zone}`;
}

/** Go's time.ANSIC: `Sun Nov 22 14:15:09 2026`. */
export function ansic(date: Date): string {
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat("en-US", options).format(date);
  const pad = (n: number): string => String(n).padStart(2, "0");
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const day = String(date.getDate()).padStart(2, " ");
  return `${part({ weekday: "short" })} ${part({ month: "short" })} ${day} ${clock} ${date.getFullYear()}`;
}

/** The local zone's abbreviation where the offset is the local one, else the offset, as Go does. */
function zoneName(ms: number, offset: string): string {
  if (offset === "+0000") return "UTC";
  const date = new Date(ms);
  const local = -date.getTimezoneOffset();
  const sign = offset.startsWith("-") ? -1 : 1;
  if (sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3))) !== local) return offset;
  for (const locale of ["en-US", "en-GB"]) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
    const name = parts.find((p) => p.type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{3,5}$/.test(name)) return name;
  }
  return offset;
}

/** Date.UTC reads years 0 to 99 as 1900 to 1999. */
function yearOneShift(): number {
  return Date.parse("0001-01-01T00:00:00Z") - Date.UTC(1, 0, 1);
}
