/** Kubernetes quantities ("500m", "1.5Gi", "1e3") as exact numbers: an integer count of nano-units. */

/** 10⁻⁹: the smallest part that Kubernetes keeps; what is finer is rounded up. */
export type Nanos = bigint;

const UNIT: Nanos = 1_000_000_000n;
const QUANTITY = /^([-+]?)(\d+\.?\d*|\.\d+)(?:([eE][-+]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/;
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

/** Undefined for what is not a quantity. */
export function parseQuantity(value: string | number): Nanos | undefined {
  const [, sign = "", digits = "", exponent, suffix = ""] = QUANTITY.exec(String(value)) ?? [];
  if (digits === "") return undefined;
  const [whole = "", fraction = ""] = digits.split(".");
  const mantissa = BigInt(`${whole}${fraction}`);
  const shift = BINARY[suffix];
  const power = (exponent === undefined ? (DECIMAL[suffix] ?? 0) : Number(exponent.slice(1))) + 9;
  if (Math.abs(power) > 60) return mantissa === 0n ? 0n : undefined;
  const scaled = shift === undefined ? mantissa : mantissa << shift;
  const magnitude = scale(scaled, (shift === undefined ? power : 9) - fraction.length);
  return sign === "-" ? -magnitude : magnitude;
}

/** Times ten to a power, rounded away from zero as Kubernetes does. */
function scale(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

/** Whole units, rounded up: bytes of memory, a count. Undefined for what is not a quantity. */
export function quantityUnits(value: string | number): number | undefined {
  const nanos = parseQuantity(value);
  return nanos === undefined ? undefined : Number(divideUp(nanos, UNIT));
}

/** Thousandths, rounded up: processors. Undefined for what is not a quantity. */
export function quantityMillis(value: string | number): number | undefined {
  const nanos = parseQuantity(value);
  return nanos === undefined ? undefined : Number(divideUp(nanos, UNIT / 1000n));
}

/** How often `divisor` goes into it, rounded up: what a resourceFieldRef shows. */
export function divideUp(value: Nanos, divisor: Nanos): bigint {
  const quotient = value / divisor;
  return value > 0n === divisor > 0n && value % divisor !== 0n ? quotient + 1n : quotient;
}

/** The shortest way to write it: "512Mi" in binary units where they fit, "500m", "2k" in decimal ones. */
export function formatQuantity(value: Nanos, units: "binary" | "decimal"): string {
  if (value === 0n) return "0";
  if (units === "binary" && value % UNIT === 0n) {
    const whole = value / UNIT;
    for (const [suffix, shift] of Object.entries(BINARY).toReversed())
      if (whole % (1n << shift) === 0n) return `${whole >> shift}${suffix}`;
    return String(whole);
  }
  for (const [suffix, power] of Object.entries(DECIMAL).toReversed()) {
    const unit = 10n ** BigInt(power + 9);
    if (value % unit === 0n) return `${value / unit}${suffix}`;
  }
  return `${value}n`;
}
