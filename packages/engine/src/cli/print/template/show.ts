/** Go's fmt: how values are written by `{{.Field}}`, print and printf. */
import { GoDuration } from "../go-duration.ts";
import { GoTime } from "../go-time.ts";
import { isPlainObject } from "../map-fields.ts";
import { asGoValue, isFieldSource, sortedEntries, typeName } from "./values.ts";

/** `%v`; nil is `<nil>`. */
export function show(value: unknown): string {
  if (value === null) return "<nil>";
  if (typeof value === "string") return value;
  if (typeof value === "number") return showNumber(value);
  if (value === undefined) return "";
  if (Array.isArray(value)) return `[${value.map((e) => show(asGoValue("", e))).join(" ")}]`;
  if (value instanceof Date) return GoTime.fromDate(value).toString();
  if (value instanceof GoTime || value instanceof GoDuration) return value.toString();
  if (value instanceof Map) {
    return `map[${sortedEntries(value)
      .map(([k, v]) => `${show(k)}:${show(asGoValue("", v))}`)
      .join(" ")}]`;
  }
  if (isFieldSource(value)) return show(value.toData());
  if (isPlainObject(value)) {
    return `{${Object.getOwnPropertyNames(value)
      .map((name) => show(asGoValue(name, value[name])))
      .join(" ")}}`;
  }
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : `(${typeName(value)})`;
}

/** Go's `%v` of a number: an exponent has at least two digits and starts below 1e-4. */
function showNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const small = value !== 0 && Math.abs(value) < 1e-4;
  return padExponent(small ? value.toExponential() : String(value));
}

function padExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

const VERB = /%([-+# 0]*)(\d+|\*)?(?:\.(\d*))?([a-zA-Z%])/g;

/** printf with Go's verbs v s d q t x X c f e g T and flags `-`, `+`, `0`, width and precision. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(VERB, (_whole, ...groups: (string | undefined)[]) => {
    const [flags = "", widthText, precision, verb = "v"] = groups;
    if (verb === "%") return "%";
    const width = widthText === "*" ? Number(args[next++]) : Number(widthText ?? 0);
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const shown = formatVerb({ verb, flags, precision }, args[next++]);
    return pad(shown, width, flags);
  });
  if (next >= args.length) return text;
  const extra = args.slice(next).map((a) => `${typeName(a)}=${show(a)}`);
  return `${text}%!(EXTRA ${extra.join(", ")})`;
}

interface Verb {
  readonly verb: string;
  readonly flags: string;
  readonly precision: string | undefined;
}

function pad(text: string, width: number, flags: string): string {
  const length = Array.from(text).length;
  if (length >= width) return text;
  const fill = width - length;
  if (flags.includes("-")) return text + " ".repeat(fill);
  if (!flags.includes("0")) return " ".repeat(fill) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(fill) + text.slice(sign.length);
}

function formatVerb({ verb, flags, precision }: Verb, value: unknown): string {
  const wrong = (): string => `%!${verb}(${typeName(value)}=${show(value)})`;
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const sign = flags.includes("+") && isNumber && Number(value) >= 0 ? "+" : "";
  switch (verb) {
    case "v":
      return sign + show(value);
    case "T":
      return typeName(value);
    case "s":
      if (isNumber || typeof value === "boolean") return wrong();
      return precision === undefined
        ? show(value)
        : Array.from(show(value)).slice(0, Number(precision)).join("");
    case "q":
      return typeof value === "string" ? JSON.stringify(value) : wrong();
    case "t":
      return typeof value === "boolean" ? String(value) : wrong();
    case "d":
      if (value instanceof GoDuration) return sign + String(value.nanoseconds);
      return typeof value === "bigint" || Number.isInteger(value) ? sign + String(value) : wrong();
    case "c":
      return typeof value === "number" ? String.fromCodePoint(value) : wrong();
    case "x":
    case "X": {
      const hex = isNumber
        ? value.toString(16)
        : typeof value === "string"
          ? Buffer.from(value).toString("hex")
          : "";
      if (hex === "" && value !== "") return wrong();
      return verb === "X" ? hex.toUpperCase() : hex;
    }
    case "f":
    case "F":
      return typeof value === "number" ? sign + value.toFixed(Number(precision ?? 6)) : wrong();
    case "e":
      return typeof value === "number"
        ? sign + padExponent(value.toExponential(Number(precision ?? 6)))
        : wrong();
    case "g":
      return typeof value === "number" ? sign + showGeneral(value, precision) : wrong();
    default:
      return wrong();
  }
}

function showGeneral(value: number, precision: string | undefined): string {
  if (precision === undefined) return showNumber(value);
  const text = value.toPrecision(Math.max(1, Number(precision)));
  const [mantissa = "", exponent] = text.split("e");
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return exponent === undefined ? trimmed : padExponent(`${trimmed}e${exponent}`);
}
