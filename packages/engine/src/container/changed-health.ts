/** The health check of a container that changes: what is not said stays as it is. */
import type { HealthRequest, HealthWish } from "@podwright/spec/engine-api/health";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { resolveHealth } from "./config/health.ts";

/** @throws CONTAINER_INVALID */
export function changedHealth(
  present: HealthRequest | "none" | undefined,
  wish: HealthWish | "none" | undefined,
): HealthRequest | "none" | undefined {
  if (wish === undefined) return present;
  if (wish === "none") return "none";
  const known = present === undefined || present === "none" ? undefined : present;
  const startup = { ...known?.startup, ...wish.startup };
  const checksStartup = known?.startup !== undefined || wish.startup?.test !== undefined;
  const asksOfCheck = Object.keys(wish).some((key) => OF_THE_CHECK.has(key));
  if (wish.startup !== undefined && !checksStartup) throw withoutCommand("startup healthcheck");
  if (asksOfCheck && known === undefined && wish.test === undefined) throw withoutCommand("healthcheck");
  return resolveHealth(
    { ...known, ...wish, ...(wish.startup === undefined && known?.startup === undefined ? {} : { startup }) },
    undefined,
  );
}

/** What means nothing without a command; where results go can be said before there are any. */
const OF_THE_CHECK: ReadonlySet<string> = new Set([
  "interval",
  "timeout",
  "startPeriod",
  "retries",
] satisfies (keyof HealthWish)[]);

function withoutCommand(which: string): EngineError {
  return new EngineError("CONTAINER_INVALID", `${which} command is not set`);
}
