/** `network create --opt key=value`: the drivers' options, and Docker's names for them. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export interface ReadOptions {
  /** Under their Podman names. */
  readonly options: Readonly<Record<string, string>>;
  /** The bridge's name or the parent link, where an option gives it. */
  readonly interfaceName: string | undefined;
}

type Driver = "bridge" | "macvlan" | "ipvlan";

const DOCKER_NAMES: Readonly<Record<string, string>> = {
  "com.docker.network.driver.mtu": "mtu",
  "com.docker.network.bridge.name": "parent",
};
const ISOLATE: Readonly<Record<string, string>> = {
  true: "true",
  "1": "true",
  false: "false",
  "0": "false",
  strict: "strict",
};
const MODES: Readonly<Record<Exclude<Driver, "bridge">, readonly string[]>> = {
  macvlan: ["bridge", "private", "vepa", "passthru"],
  ipvlan: ["l2", "l3", "l3s"],
};
/** What Podman has and this engine does not. */
const MISSING: Readonly<Record<Driver, readonly string[]>> = {
  bridge: ["vlan", "vrf", "mode"],
  macvlan: ["bclim"],
  ipvlan: [],
};

/** @throws NOT_IMPLEMENTED for options that Podman has and this engine does not, NETWORK_INVALID */
export function readOptions(driver: Driver, given: Readonly<Record<string, string>>): ReadOptions {
  const options: Record<string, string> = {};
  let interfaceName: string | undefined;
  for (const [asked, value] of Object.entries(given)) {
    const key = driver === "bridge" ? (DOCKER_NAMES[asked] ?? asked) : asked;
    // A bridge has no parent: only Docker's name for its own is one of its options.
    if (key === "parent" && asked !== "parent") interfaceName = value;
    else if (key === "parent" && driver !== "bridge") interfaceName = value;
    else options[key] = checkOption(driver, key, value);
  }
  return { options, interfaceName };
}

function checkOption(driver: Driver, key: string, value: string): string {
  if (MISSING[driver].includes(key)) {
    throw new EngineError(
      "NOT_IMPLEMENTED",
      `${driver} network option ${JSON.stringify(key)} is not implemented`,
    );
  }
  switch (key) {
    case "mtu":
      return checkMtu(value);
    case "metric":
      return checkMetric(value);
    case "no_default_route":
      return checkTruth(key, value);
    case "isolate":
      if (driver === "bridge") return checkIsolate(value);
      break;
    case "mode":
      if (driver !== "bridge") return checkMode(driver, value);
      break;
  }
  throw invalid(`unsupported ${driver} network option ${key}`);
}

/** 68 is the least that IPv4 allows (RFC 791). */
function checkMtu(value: string): string {
  const mtu = Number(value);
  if (/^\d+$/.test(value) && (mtu === 0 || (mtu >= 68 && mtu <= 65_535))) return value;
  throw invalid(`mtu ${value} is not a number from 68 to 65535`);
}

function checkMetric(value: string): string {
  if (/^\d+$/.test(value) && Number(value) < 2 ** 32) return value;
  throw invalid(`metric ${value} is not a number from 0 to 4294967295`);
}

function checkTruth(key: string, value: string): string {
  if (/^(1|t|true)$/i.test(value)) return "true";
  if (/^(0|f|false)$/i.test(value)) return "false";
  throw invalid(`invalid value ${JSON.stringify(value)} for option ${key}`);
}

function checkIsolate(value: string): string {
  const known = ISOLATE[value];
  if (known !== undefined) return known;
  throw invalid(`invalid value ${JSON.stringify(value)} for option isolate`);
}

function checkMode(driver: Exclude<Driver, "bridge">, value: string): string {
  if (MODES[driver].includes(value)) return value;
  throw invalid(`unknown ${driver} mode ${JSON.stringify(value)}`);
}

function invalid(message: string): EngineError {
  return new EngineError("NETWORK_INVALID", message);
}
