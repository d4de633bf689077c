/** `--device host[:container][:permissions]`. */
import { invalidValue } from "./value-error.ts";

export interface DeviceSpec {
  readonly source: string;
  readonly destination: string;
  /** Some of "rwm". */
  readonly permissions: string;
}

/** @throws VALUE_INVALID */
export function parseDevice(text: string): DeviceSpec {
  const [source = "", second, third, ...more] = text.split(":");
  if (source === "" || more.length > 0) throw invalidValue(`invalid device specification: ${text}`);
  if (third !== undefined && !isMode(third)) throw invalidValue(`invalid device mode: ${third}`);
  if (second === undefined) return { source, destination: source, permissions: "rwm" };
  if (isMode(second)) return { source, destination: source, permissions: second };
  if (!second.startsWith("/")) throw invalidValue(`invalid device mode: ${second}`);
  return { source, destination: second, permissions: third ?? "rwm" };
}

function isMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
