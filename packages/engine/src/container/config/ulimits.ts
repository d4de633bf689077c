/** Resource limits of the container's processes. */
import type { Ulimit } from "@podwright/spec/engine-api/containers";
import { parseUlimit, ULIMIT_NAMES } from "@podwright/spec/values/ulimit";
import type { HostFacts } from "../../ports/host-facts.ts";
import { invalidConfig } from "./inputs.ts";

/** Podman's default for open files and processes, soft and hard. */
const MANY = 1_048_576;

type Limits = Pick<HostFacts, "limit" | "canRaiseLimits">;

/**
 * Later ones win. Defaults are lowered to what the caller may set (Podman fails outright on a host with a lower
 * hard limit); what the user asked for is not. @throws CONTAINER_INVALID, VALUE_INVALID
 */
export function resolveUlimits(
  asked: readonly Ulimit[] | "host",
  configured: readonly string[],
  host: Limits,
): Ulimit[] {
  if (asked === "host") return ownLimits(host);
  const result = new Map<string, Ulimit>();
  const defaults = [
    { name: "nofile", soft: MANY, hard: MANY },
    { name: "nproc", soft: MANY, hard: MANY },
    ...configured.map(parseUlimit),
  ];
  for (const limit of defaults) result.set(limit.name, capped(limit, host));
  for (const limit of asked) {
    checkAllowed(limit, host);
    result.set(limit.name, limit);
  }
  return [...result.values()];
}

function ownLimits(host: Limits): Ulimit[] {
  return ULIMIT_NAMES.flatMap((name) => {
    const limit = host.limit(name);
    return limit === undefined ? [] : [{ name, ...limit }];
  });
}

function capped(limit: Ulimit, host: Limits): Ulimit {
  const hard = host.limit(limit.name)?.hard ?? -1;
  if (host.canRaiseLimits || hard === -1) return limit;
  return { name: limit.name, soft: lower(limit.soft, hard), hard: lower(limit.hard, hard) };
}

function lower(value: number, ceiling: number): number {
  return value === -1 || value > ceiling ? ceiling : value;
}

function checkAllowed(limit: Ulimit, host: Limits): void {
  const hard = host.limit(limit.name)?.hard ?? -1;
  if (host.canRaiseLimits || hard === -1 || lower(limit.hard, hard) === limit.hard) return;
  throw invalidConfig(
    `cannot set ulimit ${limit.name}=${limit.soft}:${limit.hard}: the hard limit here is ${hard}: operation not permitted`,
  );
}
