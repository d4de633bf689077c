/** A probe as a state machine: results in, what is held true of the container out. Pure. */
import type { Probe, Probes } from "@podwright/spec/engine-api/containers";
import type { ProbeState, ProbesState } from "../../ports/watch-states.ts";

export type ProbeKind = keyof Probes;

export const PROBE_KINDS: readonly ProbeKind[] = ["startup", "liveness", "readiness"];

/** What counts until a probe has decided: a container is taken to live, and not to be ready. */
export const PRESUMED: Readonly<Record<ProbeKind, boolean>> = {
  startup: true,
  liveness: true,
  readiness: false,
};

type Thresholds = Pick<Probe, "successThreshold" | "failureThreshold">;

/** `failure` is undefined for a success, else why it failed. */
export function nextProbeState(
  kind: ProbeKind,
  { successThreshold, failureThreshold }: Thresholds,
  before: ProbeState | undefined,
  failure: string | undefined,
): ProbeState {
  const held = before?.passed ?? PRESUMED[kind];
  const passes = failure === undefined;
  const message = failure ?? before?.message ?? "";
  // A start-up probe decides by its first success: Kubernetes allows no other threshold.
  if (kind === "startup" && passes) return { passed: true, streak: 0, message: "" };
  if (passes === held) return { ...decided(before), streak: 0, message: passes ? "" : message };
  const streak = (before?.streak ?? 0) + 1;
  if (streak < (passes ? successThreshold : failureThreshold)) {
    return { ...decided(before), streak, message };
  }
  return { passed: passes, streak: 0, message: passes ? "" : message };
}

function decided(before: ProbeState | undefined): Pick<ProbeState, "passed"> {
  return before?.passed === undefined ? {} : { passed: before.passed };
}

/** It has failed as often as it may: what lives no longer, or did not start, is ended. */
export function endsContainer(kind: ProbeKind, state: ProbeState): boolean {
  return kind !== "readiness" && state.passed === false;
}

/** The start-up probe has passed, or there is none: only then are the others made. */
export function hasStarted(probes: Probes | undefined, state: ProbesState | undefined): boolean {
  return probes?.startup === undefined || state?.startup?.passed === true;
}

/** Of a running container. */
export function isReady(probes: Probes | undefined, state: ProbesState | undefined): boolean {
  if (!hasStarted(probes, state)) return false;
  return probes?.readiness === undefined || state?.readiness?.passed === true;
}

export interface ProbeTimes {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** When the last one was begun by this process; undefined: none yet. */
  readonly lastAt?: number;
}

/** When it is to be made next, in milliseconds since 1970; undefined: when the world has changed, if ever. */
export function probeDue(
  kind: ProbeKind,
  probes: Probes,
  state: ProbesState | undefined,
  { startedAt, lastAt }: ProbeTimes,
): number | undefined {
  const probe = probes[kind];
  if (probe === undefined) return undefined;
  const started = hasStarted(probes, state);
  if (kind === "startup" ? started || state?.startup?.passed === false : !started) return undefined;
  if (kind === "liveness" && state?.liveness?.passed === false) return undefined;
  const first = startedAt + probe.initialDelay * 1000;
  return lastAt === undefined ? first : Math.max(first, lastAt + probe.period * 1000);
}

/** Whoever holds it makes the start-up probe; two that make it would count each failure twice. */
export function startupLock(id: string): string {
  return `startup-${id}`;
}
