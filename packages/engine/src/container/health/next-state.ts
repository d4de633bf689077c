/** What a result of a health check makes of what was known: pure, so that every rule can be tested. */
import type { HealthAction, HealthRequest } from "@podwright/spec/engine-api/health";
import type { HealthLogEntry, HealthState } from "../../ports/watch-states.ts";

/** Podman's number of results that are kept. */
export const MAX_LOG_COUNT = 5;
/** Podman's number of characters that are kept of a result's output. */
export const MAX_LOG_SIZE = 500;

export interface HealthStep {
  readonly state: HealthState;
  /** What the result asks for: also "restart" of a start-up check that has failed too often. */
  readonly action: HealthAction;
}

/** Of a run that was not checked yet. */
export function initialHealth(check: HealthRequest): HealthState {
  return {
    status: "starting",
    failingStreak: 0,
    startupPassed: check.startup === undefined,
    startupStreak: 0,
    log: [],
  };
}

/** True while the start-up check runs in the place of the health check; an update may have taken it away. */
export function isStartingUp(check: HealthRequest, state: HealthState): boolean {
  return check.startup !== undefined && !state.startupPassed;
}

/** `startedAt` is the run's, in the milliseconds of the result. */
export function nextHealth(
  check: HealthRequest,
  state: HealthState,
  { result, startedAt }: { readonly result: HealthLogEntry; readonly startedAt: number },
): HealthStep {
  const step = isStartingUp(check, state)
    ? afterStartupCheck(check, state, result)
    : afterCheck(check, state, { result, startedAt });
  return { ...step, state: { ...step.state, log: logWith(check, state.log, result) } };
}

function afterStartupCheck(
  check: HealthRequest,
  state: HealthState,
  { exitCode }: HealthLogEntry,
): HealthStep {
  const { successes = 0, retries = 0 } = check.startup ?? {};
  if (exitCode === 0) {
    const startupStreak = Math.max(state.startupStreak, 0) + 1;
    if (startupStreak < Math.max(successes, 1)) return { state: { ...state, startupStreak }, action: "none" };
    const passed: HealthState = {
      ...state,
      status: "healthy",
      failingStreak: 0,
      startupPassed: true,
      startupStreak: 0,
    };
    return { state: passed, action: "none" };
  }
  // Below zero: failures. They say nothing of a container's health, which has not come up yet.
  const startupStreak = Math.min(state.startupStreak, 0) - 1;
  const isTooMany = retries > 0 && -startupStreak >= retries;
  return { state: { ...state, startupStreak }, action: isTooMany ? "restart" : "none" };
}

function afterCheck(
  check: HealthRequest,
  state: HealthState,
  { result, startedAt }: { readonly result: HealthLogEntry; readonly startedAt: number },
): HealthStep {
  if (result.exitCode === 0) {
    return { state: { ...state, status: "healthy", failingStreak: 0 }, action: "none" };
  }
  if (result.start < startedAt + check.startPeriod) return { state, action: "none" };
  const failingStreak = state.failingStreak + 1;
  if (failingStreak < check.retries) return { state: { ...state, failingStreak }, action: "none" };
  return { state: { ...state, status: "unhealthy", failingStreak }, action: check.onFailure ?? "none" };
}

function logWith(
  { maxLogCount = MAX_LOG_COUNT }: HealthRequest,
  log: readonly HealthLogEntry[],
  result: HealthLogEntry,
): readonly HealthLogEntry[] {
  const grown = [...log, result];
  return maxLogCount === 0 ? grown : grown.slice(-maxLogCount);
}
