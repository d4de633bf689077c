/** What is known of a container's probes: those of its present run. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { InspectProbe, InspectProbes } from "@podwright/spec/libpod-api/inspect-container";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ProbesState, ProbeState, WatchState, WatchStates } from "../../ports/watch-states.ts";
import { isReady, PRESUMED, type ProbeKind } from "./machine.ts";

export function probesState(
  { watchStates }: { readonly watchStates: Pick<WatchStates, "read"> },
  record: ContainerRecord,
): ProbesState {
  if (record.config.probes === undefined) return {};
  return stateOfRun(watchStates.read(record.config.id), record).probes ?? {};
}

/** Of another run nothing counts. */
export function stateOfRun(state: WatchState | undefined, record: ContainerRecord): WatchState {
  const run = record.state.run?.pid?.startTime ?? 0;
  return state?.run === run ? state : { run };
}

/** It runs, and its start-up and readiness probes, where it has some, have passed. */
export function isReadyNow(
  ctx: { probes(record: ContainerRecord): ProbesState },
  record: ContainerRecord,
  status: ContainerStatus,
): boolean {
  if (status !== "running") return false;
  const { probes } = record.config;
  return probes === undefined || isReady(probes, ctx.probes(record));
}

/** For `inspect`; undefined for a container without probes. */
export function shownProbes(record: ContainerRecord, state: ProbesState): InspectProbes | undefined {
  const { probes } = record.config;
  if (probes === undefined) return undefined;
  const one = (kind: ProbeKind): InspectProbe | undefined =>
    probes[kind] === undefined ? undefined : shownProbe(kind, state[kind]);
  const [Startup, Liveness, Readiness] = [one("startup"), one("liveness"), one("readiness")];
  return {
    ...(Startup === undefined ? {} : { Startup }),
    ...(Liveness === undefined ? {} : { Liveness }),
    ...(Readiness === undefined ? {} : { Readiness }),
  };
}

function shownProbe(kind: ProbeKind, state: ProbeState | undefined): InspectProbe {
  return {
    Status: state?.passed === undefined ? "undecided" : state.passed ? "passed" : "failed",
    FailingStreak: (state?.passed ?? PRESUMED[kind]) ? (state?.streak ?? 0) : 0,
    Message: state?.message ?? "",
  };
}
