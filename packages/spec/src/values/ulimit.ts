/** `--ulimit name=soft[:hard]` and containers.conf's default_ulimits. */
import type { Ulimit } from "../engine-api/containers.ts";
import { EngineError } from "../errors/engine-error.ts";
import { invalidValue } from "./value-error.ts";

export const ULIMIT_NAMES: readonly string[] =
  "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  );

/** @throws VALUE_INVALID with Podman's wording. */
export function parseUlimit(text: string): Ulimit {
  const option = text.toLowerCase().replace(/^rlimit_/, "");
  try {
    return parse(option);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw invalidValue(
      `ulimit option ${JSON.stringify(option)} requires name=SOFT:HARD, failed to be parsed: ${error.message}`,
    );
  }
}

function parse(option: string): Ulimit {
  const equals = option.indexOf("=");
  if (equals === -1) throw invalidValue(`invalid ulimit argument: ${option}`);
  const name = option.slice(0, equals);
  const value = option.slice(equals + 1);
  if (!ULIMIT_NAMES.includes(name)) throw invalidValue(`invalid ulimit type: ${name}`);
  const parts = value.split(":");
  if (parts.length > 2) {
    throw invalidValue(`too many limit value arguments - ${value}, can only have up to two, \`soft[:hard]\``);
  }
  const [soft = 0, hard = soft] = parts.map(parseInteger);
  if (hard !== -1 && soft === -1) {
    throw invalidValue(
      `ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: ${hard}`,
    );
  }
  if (hard !== -1 && soft > hard) {
    throw invalidValue(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { name, soft, hard };
}

function parseInteger(text: string): number {
  const number = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(number) || number < -1) {
    throw invalidValue(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return number;
}
