/** Runs a container's health check once and keeps what it has found: for the supervisor and for `healthcheck run`. */
import type { HealthRequest, HealthResult } from "@podwright/spec/engine-api/health";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { HealthLogEntry, HealthState } from "../../ports/watch-states.ts";
import { containerEvent } from "../container-event.ts";
import type { ContainerContext } from "../context.ts";
import { statusOf } from "../facts.ts";
import { actOnHealth } from "./act-on-health.ts";
import { execCheck } from "./exec-check.ts";
import { checkOf, healthOfRun } from "./health-now.ts";
import { healthLock } from "./health-lock.ts";
import { logsToEvents, writeHealthLog } from "./log-destination.ts";
import { type HealthStep, isStartingUp, nextHealth } from "./next-state.ts";
import { shownEntry } from "./shown-health.ts";
import { testCommand } from "./test-command.ts";

export interface Checked {
  readonly result: HealthResult;
  readonly state: HealthState;
  /** It was the start-up check, which runs in the health check's place. */
  readonly wasStartup: boolean;
  readonly timedOut: boolean;
  /** Milliseconds that the check had. */
  readonly timeout: number;
}

/**
 * Undefined when the container does not run, is paused or has no check, before the check or after it: then it says
 * nothing. One check at a time: another one's is waited for.
 */
export async function runCheck(
  ctx: ContainerContext,
  id: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Checked | undefined> {
  const done = await checkLocked(ctx, id, options);
  if (done === undefined) return undefined;
  // Without the lock of checks: a stop may take long.
  const { wasStartup } = done.checked;
  await actOnHealth(ctx, done.record, { action: done.step.action, wasStartup });
  return done.checked;
}

interface Done {
  readonly record: ContainerRecord;
  readonly step: HealthStep;
  readonly checked: Checked;
}

async function checkLocked(
  ctx: ContainerContext,
  id: string,
  options: { readonly signal?: AbortSignal },
): Promise<Done | undefined> {
  if (runningWithCheck(ctx, id) === undefined) return undefined;
  using _lock = await ctx.locks.acquire(healthLock(id), options);
  const before = runningWithCheck(ctx, id);
  if (before === undefined) {
    if (ctx.store.containers.get(id) === undefined) ctx.locks.forget(healthLock(id));
    return undefined;
  }
  const { record, check } = before;
  const known = healthOfRun(ctx, record, check);
  const isStartup = isStartingUp(check, known);
  const { test = check.test, timeout } = (isStartup ? check.startup : undefined) ?? check;
  const command = testCommand(test);
  if (command === undefined) return undefined;
  const start = ctx.clock.now();
  const end = await execCheck(ctx, record, { command, timeout, check, ...options });
  if (options.signal?.aborted === true) return undefined;
  const entry: HealthLogEntry = {
    start,
    end: ctx.clock.now(),
    exitCode: end.exitCode,
    output: end.output,
  };
  const step = note(ctx, record, { known, entry });
  if (step === undefined) return undefined;
  const status = entry.exitCode === 0 ? "healthy" : isStartup && !end.timedOut ? "starting" : "unhealthy";
  const result: HealthResult = { status, exitCode: entry.exitCode, output: entry.output };
  const { timedOut } = end;
  return { record, step, checked: { result, state: step.state, wasStartup: isStartup, timedOut, timeout } };
}

/** Gives nothing for a run that is over by now, or stands still: its processes could not answer. */
function note(
  ctx: ContainerContext,
  before: ContainerRecord,
  { known, entry }: { readonly known: HealthState; readonly entry: HealthLogEntry },
): HealthStep | undefined {
  const { id } = before.config;
  const now = runningWithCheck(ctx, id);
  const run = now?.record.state.run;
  if (now === undefined || run?.pid === undefined) return undefined;
  if (run.pid.startTime !== before.state.run?.pid?.startTime) return undefined;
  const step = nextHealth(now.check, known, { result: entry, startedAt: run.startedAt });
  const present = ctx.watchStates.read(id);
  const others = present?.run === run.pid.startTime ? present : {};
  ctx.watchStates.write(id, { ...others, run: run.pid.startTime, health: step.state });
  // A removal that came in between has taken away what was there before.
  if (ctx.store.containers.get(id) === undefined) {
    ctx.watchStates.forget(id);
    return undefined;
  }
  writeHealthLog(ctx, now.record.config, step.state);
  if (ctx.settings.config.healthcheckEvents) tellResult(ctx, now, { step, entry });
  return step;
}

/** At every check, as Podman does: what became of the container, and how often it has failed. */
function tellResult(
  ctx: ContainerContext,
  { record, check }: CheckedContainer,
  { step, entry }: { readonly step: HealthStep; readonly entry: HealthLogEntry },
): void {
  ctx.events.write(
    containerEvent(record.config, "health_status", {
      healthStatus: step.state.status,
      healthFailingStreak: step.state.failingStreak,
      ...(logsToEvents(check) ? { healthLog: JSON.stringify(shownEntry(entry)) } : {}),
    }),
  );
}

interface CheckedContainer {
  readonly record: ContainerRecord;
  readonly check: HealthRequest;
}

function runningWithCheck(ctx: ContainerContext, id: string): CheckedContainer | undefined {
  const record = ctx.store.containers.get(id);
  if (record === undefined || record.phase !== "ready") return undefined;
  const check = checkOf(record);
  return check === undefined || statusOf(ctx, record) !== "running" ? undefined : { record, check };
}
