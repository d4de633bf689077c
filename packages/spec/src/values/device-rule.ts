/** `--device-cgroup-rule "type major[:minor] access"`, as the kernel writes the rules of a devices cgroup. */
import { invalidValue } from "./value-error.ts";

export interface DeviceRule {
  /** "a" means both. */
  readonly type: "a" | "b" | "c";
  /** Absent means any. */
  readonly major?: number;
  readonly minor?: number;
  /** Some of "rwm". */
  readonly access: string;
}

const MAX_NUMBER = 2 ** 32 - 1;

/** @throws VALUE_INVALID */
export function parseDeviceRule(text: string): DeviceRule {
  const [type = "", numbers, access, ...more] = text.split(" ");
  if (numbers === undefined || access === undefined || more.length > 0) {
    throw invalidValue(
      `invalid device cgroup rule requires type, major:Minor, and access rules: ${JSON.stringify(text)}`,
    );
  }
  if (type !== "a" && type !== "b" && type !== "c") {
    throw invalidValue(`invalid device type in device-access-add: ${type}`);
  }
  const [majorText = "", minorText = "*", ...rest] = numbers.split(":");
  if (rest.length > 0) throw notANumber(rest.join(":"));
  const [major, minor] = [deviceNumber(majorText), deviceNumber(minorText)];
  const strange = /[^rwm]/.exec(access)?.[0];
  if (strange !== undefined || access === "") {
    throw invalidValue(`invalid device access in device-access-add: ${strange ?? ""}`);
  }
  return {
    type,
    ...(major === undefined ? {} : { major }),
    ...(minor === undefined ? {} : { minor }),
    access,
  };
}

function deviceNumber(text: string): number | undefined {
  if (text === "*") return undefined;
  if (!/^\d+$/.test(text)) throw notANumber(text);
  const number = Number(text);
  if (number > MAX_NUMBER) throw invalidValue(`device number ${text} is out of range`);
  return number;
}

/** In the words of the parser of numbers that Podman's users see. */
function notANumber(text: string): Error {
  return invalidValue(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
}
