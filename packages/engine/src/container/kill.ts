/** Sends a signal to running containers. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { parseSignal } from "@podwright/spec/values/signal";
import { containerEvent } from "./container-event.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { finishRun } from "./finish.ts";
import { healContainer } from "./heal.ts";
import { requireRunning, stateWord } from "./lifecycle.ts";
import { takeEnd } from "./own-end.ts";
import { chooseContainers, sideBySide } from "./select.ts";
import { SIGKILL, signalRun } from "./signal-run.ts";
import { waitForEndWithin } from "./wait-end.ts";

/** Milliseconds to wait for the end after SIGKILL, so that the next command finds it ended. */
const KILL_PATIENCE = 5000;

const SIGINT = 2;
const SIGQUIT = 3;
const SIGTERM = 15;
const ENDING: ReadonlySet<number> = new Set([SIGINT, SIGQUIT, SIGKILL, SIGTERM]);

export async function killContainers(
  ctx: ContainerContext,
  selection: Selection,
  signalText: string,
): Promise<Outcome[]> {
  const signal = parseSignal(signalText);
  const chosen = await chooseContainers(ctx, selection);
  const outcomes = await sideBySide(chosen, ({ id }) => killContainer(ctx, id, signal));
  if (!selection.all) return outcomes;
  return outcomes.filter(({ error }) => !isEngineError(error, "CONTAINER_STATE_IMPROPER"));
}

export async function killContainer(ctx: ContainerContext, id: string, signal: number): Promise<void> {
  using _end = signal === SIGKILL ? takeEnd(ctx, id) : undefined;
  const record = await signalLocked(ctx, id, signal);
  if (signal !== SIGKILL) return;
  if (!(await waitForEndWithin(ctx, record, KILL_PATIENCE))) {
    throw new EngineError("CONTAINER_RUNTIME_FAILED", `container ${id} outlives SIGKILL`, { exit: 125 });
  }
  await finishRun(ctx, id);
}

async function signalLocked(ctx: ContainerContext, id: string, signal: number) {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const record = await healContainer(ctx, id);
  const status = record.config.infra ? "configured" : statusOf(ctx, record);
  if (status !== "paused") {
    requireRunning(
      { id, status },
      `can only kill running containers. ${id} is in state ${stateWord(status)}`,
    );
  }
  if (endsContainers(signal, record)) noteKilled(ctx, id);
  if (!signalRun(ctx, record, signal)) {
    requireRunning({ id, status: "exited" }, `can only kill running containers. ${id} is in state exited`);
  }
  ctx.events.write(containerEvent(record.config, "kill"));
  return record;
}

/** SIGHUP and the like are messages; what is sent to end it is a stop, to which its policy has no answer. */
function endsContainers(signal: number, { config }: ContainerRecord): boolean {
  return signal === config.process.stopSignal || ENDING.has(signal);
}

function noteKilled(ctx: ContainerContext, id: string): void {
  ctx.store.containers.updateState(id, (state) =>
    state.run === undefined ? state : { ...state, run: { ...state.run, killed: true } },
  );
}
