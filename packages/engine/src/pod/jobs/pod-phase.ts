/** What a pod has come to, by its containers: whether it runs to an end, and which. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { PodRecord } from "../../ports/pod-record.ts";
import { isRestartDue } from "../../container/restart-due.ts";

/**
 * `waiting`: never started. `restarting`: nothing runs, and a restart policy is about to change that. `stopped`:
 * somebody has stopped it by hand.
 */
export type PodPhase = "waiting" | "running" | "restarting" | "succeeded" | "failed" | "stopped";

export interface MemberNow {
  readonly record: ContainerRecord;
  readonly status: ContainerStatus;
}

/** Init containers and sidecars serve the others: those alone count. */
export function mainMembers<M extends Pick<MemberNow, "record">>(members: readonly M[]): M[] {
  return members.filter(({ record: { config } }) => !config.infra && config.initContainer === undefined);
}

export function podPhase({ state }: Pick<PodRecord, "state">, members: readonly MemberNow[]): PodPhase {
  const main = mainMembers(members);
  if (main.some(isActive)) return "running";
  if (main.some(({ record }) => isRestartDue(record.state))) return "restarting";
  const over = main.filter(({ status }) => status === "exited");
  if (over.length === 0) return "waiting";
  // Before its containers: one that was stopped for its deadline may have ended in peace.
  if (state.ended !== undefined) return "failed";
  if (over.some(({ record }) => record.state.run?.stopRequested === true)) return "stopped";
  return over.length === main.length && over.every(hasSucceeded) ? "succeeded" : "failed";
}

/** `stopped`: it has ended, and somebody is about to note how. One that is being started is as good as running. */
function isActive({ record: { phase, state }, status }: MemberNow): boolean {
  if (phase === "starting" || (state.run?.startedAt === 0 && state.exit === undefined)) return true;
  return status === "running" || status === "paused" || status === "stopping" || status === "stopped";
}

/** A reboot leaves no exit: then nobody knows. */
function hasSucceeded({ record: { state } }: MemberNow): boolean {
  return state.exit?.exitCode === 0 && state.run?.endedFor === undefined;
}

/** Milliseconds since 1970 of the last start; 0 for never. */
export function lastStart(members: readonly Pick<MemberNow, "record">[]): number {
  return Math.max(0, ...mainMembers(members).map(({ record }) => record.state.run?.startedAt ?? 0));
}
