/** Sizes as users write them: `64m`, `1.5g`, `512k`, `100` (bytes). */
import { invalidValue } from "./value-error.ts";

const UNITS = ["b", "k", "m", "g", "t", "p"];

/** Bytes; a unit is a power of 1024 (memory, /dev/shm). @throws VALUE_INVALID */
export function parseMemorySize(text: string): number {
  return parse(text, 1024);
}

/** Bytes; a unit is a power of 1000 (log sizes). @throws VALUE_INVALID */
export function parseDecimalSize(text: string): number {
  return parse(text, 1000);
}

function parse(text: string, base: number): number {
  const match = /^([0-9.]*)( ?)(.*)$/s.exec(text);
  const [number = "", suffix = ""] = [match?.[1], match?.[3]];
  if (!/^(\d+\.?\d*|\.\d+)$/.test(number)) throw invalidValue(`invalid size: '${text}'`);
  const unit = suffix.toLowerCase();
  if (!/^(b|[kmgtp](b|ib)?)?$/.test(unit)) throw invalidValue(`invalid suffix: '${unit}'`);
  const power = unit === "" ? 0 : UNITS.indexOf(unit.charAt(0));
  const bytes = Math.trunc(Number(number) * base ** power);
  // Podman keeps sizes in 64 bits; what JavaScript cannot hold exactly is no size of any real thing.
  if (!Number.isSafeInteger(bytes)) throw invalidValue(`invalid size: '${text}'`);
  return bytes;
}
