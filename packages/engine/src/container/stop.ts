/** Stops containers: their stop signal, then SIGKILL for those that outlast the timeout. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection, StopOptions } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { signalName } from "@podwright/spec/values/signal";
import type { ContainerRecord, ContainerState } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { finishRun } from "./finish.ts";
import { healContainer } from "./heal.ts";
import { isRestarted } from "./needs-supervisor.ts";
import { takeEnd } from "./own-end.ts";
import { chooseContainers, sideBySide } from "./select.ts";
import { SIGKILL, signalRun } from "./signal-run.ts";
import { waitForEnd, waitForEndWithin } from "./wait-end.ts";
import { isRestartDue } from "./restart-due.ts";

/** Milliseconds that the kernel gets to carry out a SIGKILL: storage that hangs can hold a process. */
const KILL_PATIENCE = 20_000;

export async function stopContainers(
  ctx: ContainerContext,
  selection: Selection,
  options: StopOptions,
): Promise<Outcome[]> {
  const chosen = await chooseContainers(ctx, selection, { ignoreMissing: options.ignore });
  return sideBySide(chosen, async ({ id }) => {
    try {
      await stopContainer(ctx, id, options);
    } catch (error) {
      // `--rm`, or another command, has removed it meanwhile: it is stopped.
      if (!isEngineError(error, "CONTAINER_NOT_FOUND")) throw error;
    }
  });
}

export interface StopWish {
  /** Seconds; absent: the container's own. */
  readonly timeout?: number;
  /** It is the engine that wants the end, for this reason: then the container's policy may start it again. */
  readonly endedFor?: string;
  /** Start time of the init of the run that is meant; absent: whichever runs. */
  readonly run?: number;
}

/**
 * A container that does not run is no error.
 * @throws CONTAINER_MONITOR_FAILED when it was stopped and its exit code is lost with its monitor
 */
export async function stopContainer(ctx: ContainerContext, id: string, options: StopWish): Promise<void> {
  const running = await requestStop(ctx, id, options);
  if (running === undefined) return;
  using _end = takeEnd(ctx, id);
  const patience = (options.timeout ?? running.config.process.stopTimeout) * 1000;
  await end(ctx, running, await timeAfterHook(ctx, running, patience));
  const exit = await finishRun(ctx, id);
  if (exit?.unrecorded === true) throw lostExitCode(id);
}

async function timeAfterHook(
  ctx: ContainerContext,
  running: ContainerRecord,
  patience: number,
): Promise<number> {
  // Who asked before us has run it, or is at it.
  const asked = running.state.run?.stopRequested === true || running.state.run?.endedFor !== undefined;
  if (running.config.lifecycle?.preStop === undefined || asked) return patience;
  const { runPreStop } = await import("./hooks/pre-stop.ts");
  return runPreStop(ctx, running, patience);
}

export function lostExitCode(id: string): EngineError {
  return new EngineError(
    "CONTAINER_MONITOR_FAILED",
    `container ${id} conmon exited prematurely, exit code could not be retrieved: internal libpod error`,
  );
}

/** Notes that the end is wanted; undefined when there is nothing to end. */
async function requestStop(
  ctx: ContainerContext,
  id: string,
  { endedFor, run }: StopWish,
): Promise<ContainerRecord | undefined> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const record = await healContainer(ctx, id);
  if (record.config.infra) throw infraStop(record);
  const status = statusOf(ctx, record);
  if (status === "paused") throw refusesCleanup(id);
  const runs = status === "running" || status === "stopping";
  if (endedFor !== undefined) {
    if (!runs || (run !== undefined && record.state.run?.pid?.startTime !== run)) return undefined;
    ctx.store.containers.updateState(id, (state) =>
      state.run === undefined ? state : { ...state, run: { ...state.run, endedFor } },
    );
    return record;
  }
  // One that has ended is stopped, too: it may be about to be started by its policy, or at the next boot.
  const isAnswered = isRestarted(record.config) || record.state.backOff !== undefined;
  if (runs || isAnswered) ctx.store.containers.updateState(id, stopRequested);
  // It waits for this one, and perhaps for nothing else.
  if (isRestartDue(record.state)) ctx.supervisor.wake();
  return runs ? record : undefined;
}

function stopRequested({ backOff: _ended, ...state }: ContainerState): ContainerState {
  return state.run === undefined ? state : { ...state, run: { ...state.run, stopRequested: true } };
}

/** Podman's words for it, whether it was a stop that came to this or a clean-up. */
export function refusesCleanup(id: string): EngineError {
  return new EngineError(
    "CONTAINER_STATE_IMPROPER",
    `container ${id} is running or paused, refusing to clean up: container state improper`,
  );
}

async function end(ctx: ContainerContext, record: ContainerRecord, patience: number): Promise<void> {
  if (patience > 0) {
    signalRun(ctx, record, record.config.process.stopSignal);
    const ended = await waitForEnd(ctx, record, AbortSignal.timeout(patience));
    if (ended) return;
    ctx.log.warn(
      `StopSignal ${signalName(record.config.process.stopSignal)} failed to stop container ${record.config.name} in ` +
        `${patience / 1000} seconds, resorting to SIGKILL`,
    );
  }
  signalRun(ctx, record, SIGKILL);
  if (await waitForEndWithin(ctx, record, KILL_PATIENCE)) return;
  throw new EngineError(
    "CONTAINER_RUNTIME_FAILED",
    `cannot stop container ${record.config.id}: its process ${record.state.run?.pid?.pid ?? 0} outlives SIGKILL`,
    { exit: 125 },
  );
}

function infraStop({ config }: ContainerRecord): EngineError {
  return new EngineError(
    "CONTAINER_INVALID",
    `container ${config.id} is the infra container of pod ${config.podId} and has no process of its own`,
    { hint: "stop the pod instead: pod stop" },
  );
}
