/** What state a container is in: derived from its record and from facts, and what may be done in it. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerExit, ContainerRecord } from "../ports/container-record.ts";
import type { ExitRecord } from "../ports/monitor.ts";

/** What the kernel, the monitor and the runtime say. */
export interface ContainerFacts {
  readonly bootId: string;
  /** The init of the noted run is alive. */
  readonly alive: boolean;
  /** It was created and its user process was not started yet. */
  readonly awaitsStart: boolean;
  /** Its processes stand still, as was noted that they should. */
  readonly frozen: boolean;
  /** What the monitor left on disk. */
  readonly exitRecord: ExitRecord | undefined;
}

/** Of an infra record, whose process is its pod's sandbox, nothing is derived here. */
export function deriveStatus(record: ContainerRecord, facts: ContainerFacts): ContainerStatus {
  if (record.phase === "removing") return "removing";
  const { run, exit } = record.state;
  if (run === undefined) return exit === undefined ? "configured" : "exited";
  // A boot ends every run of the one before.
  if (exit !== undefined || run.bootId !== facts.bootId) return run.startedAt === 0 ? "configured" : "exited";
  if (facts.alive) {
    if (run.startedAt === 0) return facts.awaitsStart ? "created" : "running";
    if (facts.frozen) return "paused";
    return run.stopRequested ? "stopping" : "running";
  }
  return run.startedAt === 0 && facts.exitRecord === undefined ? "configured" : "stopped";
}

/** The exit of the last run that is over: noted, else left by the monitor, else unknown (-1). */
export function deriveExit(record: ContainerRecord, facts: ContainerFacts): ContainerExit | undefined {
  const { run, exit } = record.state;
  if (exit !== undefined || run === undefined || facts.alive) return exit;
  if (run.bootId !== facts.bootId) {
    return { exitCode: 0, at: run.startedAt, oomKilled: false, withMachine: true };
  }
  if (facts.exitRecord !== undefined) return { ...facts.exitRecord };
  return undefined;
}

export const UNKNOWN_EXIT = -1;

/** Of a run whose monitor was killed. */
export function unrecordedExit(at: number): ContainerExit {
  return { exitCode: UNKNOWN_EXIT, at, oomKilled: false, unrecorded: true };
}

/** Over, whether that was noted or not. */
export function isOver(status: ContainerStatus): boolean {
  return status === "stopped" || status === "exited";
}

/** There is a process: a signal can reach it. */
export function hasProcess(status: ContainerStatus): boolean {
  return status === "running" || status === "stopping" || status === "paused" || status === "created";
}

/** As Podman's messages name it. */
export function stateWord(status: ContainerStatus): string {
  return status === "configured" ? "created" : status === "created" ? "initialized" : status;
}

/** What a verb may be asked for in, and how Podman refuses it elsewhere. */
export function requireStartable(id: string, status: ContainerStatus): void {
  if (status === "configured" || status === "created" || isOver(status)) return;
  throw new EngineError(
    "CONTAINER_STATE_IMPROPER",
    `container ${id} must be in Created or Stopped state to be started: container state improper`,
    { details: { status } },
  );
}

/** `exit` where the verb's status for this is not 125. */
export function requireRunning(
  {
    id,
    status,
    exit = 125,
  }: { readonly id: string; readonly status: ContainerStatus; readonly exit?: number },
  action: string,
): void {
  if (status === "running" || status === "stopping") return;
  throw new EngineError("CONTAINER_STATE_IMPROPER", `${action}: container state improper`, {
    details: { id, status },
    exit,
  });
}
