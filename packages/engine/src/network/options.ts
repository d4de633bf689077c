/** `network create --opt key=value`: the bridge driver's options, and Docker's names for them. */
import { EngineError } from "@podwright/spec/errors/engine-error";

export interface ReadOptions {
  /** Under their Podman names. */
  readonly options: Readonly<Record<string, string>>;
  /** The bridge's name, where Docker's option gives it. */
  readonly interfaceName: string | undefined;
}

const ISOLATE = new Set(["true", "false", "1", "0", "strict"]);

/** @throws NOT_IMPLEMENTED for options that Podman has and this engine does not, NETWORK_INVALID */
export function readOptions(given: Readonly<Record<string, string>>): ReadOptions {
  const options: Record<string, string> = {};
  let interfaceName: string | undefined;
  for (const [key, value] of Object.entries(given)) {
    switch (key) {
      case "mtu":
      case "com.docker.network.driver.mtu":
        options["mtu"] = checkMtu(value);
        break;
      case "isolate":
        if (!ISOLATE.has(value)) throw invalid(`invalid value ${JSON.stringify(value)} for option isolate`);
        options["isolate"] = value;
        break;
      case "com.docker.network.bridge.name":
        interfaceName = value;
        break;
      default:
        throw new EngineError("NOT_IMPLEMENTED", `network option ${JSON.stringify(key)} is not supported`, {
          hint: "mtu and isolate are",
        });
    }
  }
  return { options, interfaceName };
}

/** 68 is the least that IPv4 allows (RFC 791). */
function checkMtu(value: string): string {
  const mtu = Number(value);
  if (/^\d+$/.test(value) && (mtu === 0 || (mtu >= 68 && mtu <= 65_535))) return value;
  throw invalid(`mtu ${value} is not a number from 68 to 65535`);
}

function invalid(message: string): EngineError {
  return new EngineError("NETWORK_INVALID", message);
}
