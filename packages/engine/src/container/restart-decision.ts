/** Whether and when a container that has ended is started again: its policy, Kubernetes' back-off. Pure. */
import type { RestartPolicy } from "@podwright/spec/engine-api/containers";
import type { RestartBackOff } from "../ports/container-record.ts";

/** Milliseconds: 0 before the first restart, then so long, doubling. */
const FIRST_WAIT = 10_000;
export const LONGEST_WAIT = 300_000;
/** A run of that length was a good one: the next failure is a first one again. */
const GOOD_RUN = 600_000;

/** What the container has been through before this end. */
export interface RestartHistory {
  readonly restarts: number;
  readonly backOff?: RestartBackOff;
}

/** An end of a run, or a start that came to nothing. Times are milliseconds since 1970. */
export interface Ending {
  readonly exitCode: number;
  readonly at: number;
  /** 0 where the user's process was never started. */
  readonly startedAt: number;
  /** A stop, or a signal that ends, was asked for. */
  readonly byHand: boolean;
  /** Why the engine has ended it. */
  readonly endedFor?: string;
  /** Why it could not be started. */
  readonly failure?: string;
}

/** undefined where the policy has nothing to say; without `restartAt` where it says that it is enough. */
export function decideRestart(
  policy: RestartPolicy | undefined,
  { restarts, backOff }: RestartHistory,
  ending: Ending,
): RestartBackOff | undefined {
  if (policy === undefined || policy.name === "no" || ending.byHand) return undefined;
  const cause = causeOf(ending);
  if (policy.name === "on-failure") {
    if (cause === undefined) return undefined;
    const limit = policy.maximumRetries;
    if (limit > 0 && restarts >= limit) {
      return { wait: backOff?.wait ?? 0, reason: `restarted ${times(limit)}, not again: ${cause}` };
    }
  }
  const wait = nextWait(backOff, ending);
  return { wait, restartAt: ending.at + wait, reason: reasonOf(wait, cause) };
}

/** undefined for an end that is no failure. */
function causeOf({ exitCode, endedFor, failure }: Ending): string | undefined {
  if (failure !== undefined) return failure;
  if (endedFor !== undefined) return endedFor;
  if (exitCode === 0) return undefined;
  return exitCode < 0 ? "exit code unknown" : `exit code ${exitCode}`;
}

function nextWait(backOff: RestartBackOff | undefined, { at, startedAt }: Ending): number {
  const wasGood = startedAt > 0 && at - startedAt >= GOOD_RUN;
  if (backOff === undefined || wasGood) return 0;
  return backOff.wait === 0 ? FIRST_WAIT : Math.min(backOff.wait * 2, LONGEST_WAIT);
}

function reasonOf(wait: number, cause: string | undefined): string {
  const what = cause === undefined ? "ended container" : "failed container";
  const why = cause === undefined ? "" : `: ${cause}`;
  return wait === 0 ? `restarting ${what}${why}` : `back-off ${duration(wait)} restarting ${what}${why}`;
}

/** "20s", "1m20s", "5m0s": as Kubernetes writes it. */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
