/** What a container is at this moment, infra records included. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { ContainerNow, ContainerViewContext } from "./view-context.ts";

/** `pod` is the record's pod, undefined for a container without one. */
export function statusNow(
  ctx: Pick<ContainerViewContext, "status" | "sandboxUp">,
  record: ContainerRecord,
  pod: PodRecord | undefined,
): ContainerNow {
  const now = record.config.infra ? infraNow(ctx, pod) : ctx.status(record);
  return record.phase === "removing" ? { ...now, status: "removing" } : now;
}

/** Infra has no process that could be paused: it counts as paused when those of the others that run are. */
export function infraBeside(infra: ContainerStatus, others: readonly ContainerStatus[]): ContainerStatus {
  if (infra !== "running") return infra;
  return others.includes("paused") && !others.includes("running") ? "paused" : infra;
}

/** Infra has no process of its own: it runs while its pod's sandbox is up. */
function infraNow(ctx: Pick<ContainerViewContext, "sandboxUp">, pod: PodRecord | undefined): ContainerNow {
  const sandbox = pod?.state.sandbox;
  const stoppedAt = pod?.state.stoppedAt ?? 0;
  const base = {
    exitCode: 0,
    startedAt: sandbox?.startedAt ?? 0,
    oomKilled: false,
    health: "",
  };
  if (pod !== undefined && sandbox !== undefined && ctx.sandboxUp(pod)) {
    return { ...base, status: "running", pid: sandbox.holder?.pid ?? 0, exitedAt: 0 };
  }
  const everUp = sandbox !== undefined || stoppedAt > 0;
  // Nobody noted when a reboot took it down: then it was after its start.
  const exitedAt = Math.max(stoppedAt, base.startedAt);
  return { ...base, status: everUp ? "exited" : "configured", pid: 0, exitedAt };
}
