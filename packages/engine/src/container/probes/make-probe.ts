/** Makes a probe once and counts what it has found. */
import type { Probes } from "@podwright/spec/engine-api/containers";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ProbeState } from "../../ports/watch-states.ts";
import { containerEvent } from "../container-event.ts";
import type { ContainerContext } from "../context.ts";
import { runAction } from "../hooks/run-action.ts";
import { nextProbeState, type ProbeKind } from "./machine.ts";
import { stateOfRun } from "./probes-state.ts";

/** Undefined when nothing came of it: the run is over, or being ended, or the signal came first. */
export async function makeProbe(
  ctx: ContainerContext,
  record: ContainerRecord,
  kind: ProbeKind,
  signal?: AbortSignal,
): Promise<ProbeState | undefined> {
  const probe = record.config.probes?.[kind];
  if (probe === undefined || !isProbed(record)) return undefined;
  const { action, timeout } = probe;
  const limits = { timeout: timeout * 1000, ...(signal === undefined ? {} : { signal }) };
  const failure = await runAction(ctx, record, { action, ...limits });
  if (signal?.aborted === true || !stillRuns(ctx, record)) return undefined;
  return count(ctx, record, { kind, probe, failure });
}

/** While the engine itself is ending it, a probe that fails says nothing new. */
export function isProbed({ state: { run, exit } }: ContainerRecord): boolean {
  return (
    exit === undefined &&
    run?.pid !== undefined &&
    run.startedAt !== 0 &&
    !run.stopRequested &&
    run.endedFor === undefined &&
    run.paused !== true
  );
}

function stillRuns(ctx: ContainerContext, { config, state }: ContainerRecord): boolean {
  const now = ctx.store.containers.get(config.id);
  const pid = state.run?.pid;
  if (now === undefined || pid === undefined || !isProbed(now)) return false;
  return now.state.run?.pid?.startTime === pid.startTime && ctx.processes.isAlive(pid);
}

interface Found {
  readonly kind: ProbeKind;
  readonly probe: NonNullable<Probes[ProbeKind]>;
  readonly failure: string | undefined;
}

function count(ctx: ContainerContext, record: ContainerRecord, { kind, probe, failure }: Found): ProbeState {
  const { id } = record.config;
  const before = stateOfRun(ctx.watchStates.read(id), record);
  const was = before.probes?.[kind];
  const next = nextProbeState(kind, probe, was, failure);
  if (!same(was, next)) {
    ctx.watchStates.write(id, { ...before, probes: { ...before.probes, [kind]: next } });
  }
  if (next.passed !== undefined && next.passed !== was?.passed) tell(ctx, record, kind, next);
  return next;
}

function same(a: ProbeState | undefined, b: ProbeState): boolean {
  return a !== undefined && a.passed === b.passed && a.streak === b.streak && a.message === b.message;
}

/** What was decided, not each result: a probe is made thousands of times. */
function tell(ctx: ContainerContext, { config }: ContainerRecord, kind: ProbeKind, state: ProbeState): void {
  const healthStatus = state.passed === true ? "healthy" : "unhealthy";
  const error = state.message === "" ? {} : { error: state.message };
  const event = containerEvent(config, "health_status", { healthStatus, ...error });
  ctx.events.write({ ...event, attributes: { ...event.attributes, probe: kind } });
}
