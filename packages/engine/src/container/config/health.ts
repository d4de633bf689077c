/** The health check of a container: what was asked for, over what the image says, over the defaults. */
import type { HealthRequest, HealthWish, StartupHealthRequest } from "@podwright/spec/engine-api/health";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { HealthcheckConfig } from "@podwright/spec/oci-image/types";
import { statSync } from "node:fs";
import { invalidConfig } from "./inputs.ts";

/** Docker's and Podman's, in milliseconds. */
const DEFAULTS = { interval: 30_000, timeout: 30_000, startPeriod: 0, retries: 3 };
const STARTUP_DEFAULTS = { interval: 30_000, timeout: 30_000, retries: 0, successes: 0 };
/** Image configurations have nanoseconds. */
const NANOSECONDS = 1e6;

/** Undefined where there is nothing to check. @throws CONTAINER_INVALID */
export function resolveHealth(
  wish: HealthWish | "none" | undefined,
  image: HealthcheckConfig | undefined,
): HealthRequest | "none" | undefined {
  if (wish === "none") return "none";
  const { startup, ...asked } = wish ?? {};
  const inherited = imageHealth(image);
  const test = asked.test ?? inherited?.test;
  if (test === undefined || test.length === 0) return withoutCheck(wish);
  // The image switches off a check that its own base had.
  if (test[0] === "NONE") return "none";
  checkDestination(asked.logDestination);
  return {
    ...DEFAULTS,
    // A command of the caller's own has nothing to do with the image's times.
    ...(asked.test === undefined ? inherited : {}),
    ...asked,
    test,
    ...(startup === undefined ? {} : { startup: startupOf(startup) }),
  };
}

function startupOf(startup: Partial<StartupHealthRequest>): StartupHealthRequest {
  return { ...STARTUP_DEFAULTS, ...startup };
}

/** Times alone do nothing, as in Podman: the image may get its check later. */
function withoutCheck(wish: Exclude<HealthWish, "none"> | undefined): undefined {
  const { onFailure, startup } = wish ?? {};
  if (onFailure !== undefined && onFailure !== "none") {
    throw invalidConfig(`cannot set on-failure action to ${onFailure} without a health check`);
  }
  if (startup?.test !== undefined) {
    throw invalidConfig(
      "cannot set a startup healthcheck when there is no regular healthcheck: invalid argument",
    );
  }
}

/** 0 stands for the default. */
function imageHealth(image: HealthcheckConfig | undefined): Partial<HealthRequest> | undefined {
  if (image?.Test === undefined) return undefined;
  const { Test, Interval = 0, Timeout = 0, StartPeriod = 0, Retries = 0 } = image;
  return {
    test: Test,
    ...(Interval > 0 ? { interval: Interval / NANOSECONDS } : {}),
    ...(Timeout > 0 ? { timeout: Timeout / NANOSECONDS } : {}),
    ...(StartPeriod > 0 ? { startPeriod: StartPeriod / NANOSECONDS } : {}),
    ...(Retries > 0 ? { retries: Retries } : {}),
  };
}

/** @throws CONTAINER_INVALID */
export function checkDestination(destination: string | undefined): void {
  if (destination === undefined || destination === "local" || destination === "events_logger") return;
  let isDirectory: boolean;
  try {
    isDirectory = statSync(destination).isDirectory();
  } catch (cause) {
    throw new EngineError(
      "CONTAINER_INVALID",
      `HealthCheck Log '${destination}' destination error: stat ${destination}: no such file or directory`,
      { cause },
    );
  }
  if (!isDirectory) throw invalidConfig(`HealthCheck Log '${destination}' destination must be directory`);
}
