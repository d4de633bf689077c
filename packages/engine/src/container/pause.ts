/** Pauses containers: their processes stand still, and keep all that they have. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { healContainer } from "./heal.ts";
import { stateWord } from "./lifecycle.ts";
import { isWatchedWhileRunning } from "./needs-supervisor.ts";
import { placesOf } from "./places.ts";
import { chooseContainers, oneByOne } from "./select.ts";

/** Of `all`, those that run. */
export async function pauseContainers(ctx: ContainerContext, selection: Selection): Promise<Outcome[]> {
  const chosen = await chooseContainers(ctx, selection);
  const outcomes = await oneByOne(chosen, ({ id }) => pauseContainer(ctx, id));
  if (!selection.all) return outcomes;
  return outcomes.filter(({ error }) => !isEngineError(error, "CONTAINER_STATE_IMPROPER"));
}

/** @throws CONTAINER_STATE_IMPROPER unless it runs */
export async function pauseContainer(ctx: ContainerContext, id: string): Promise<void> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const record = await healContainer(ctx, id);
  const { config } = record;
  requirePausable(ctx, record);
  refuseWithoutCgroup(record, "pause");
  // First: were we killed after the freezing, nobody would look for it.
  setNote(ctx, id, true);
  try {
    await ctx.cgroups.freeze(placesOf(ctx.settings, config).cgroup);
  } catch (error) {
    setNote(ctx, id, false);
    throw error;
  }
  ctx.events.write(containerEvent(config, "pause"));
  if (isWatchedWhileRunning(config)) ctx.supervisor.wake();
}

function requirePausable(ctx: ContainerContext, record: ContainerRecord): void {
  const { id, infra, podId } = record.config;
  if (infra) {
    throw new EngineError(
      "CONTAINER_INVALID",
      `container ${id} is the infra container of pod ${podId} and has no process of its own`,
      { hint: "pause the pod instead: pod pause" },
    );
  }
  const status = statusOf(ctx, record);
  if (status === "running") return;
  const problem =
    status === "paused" ? `"${id}" is already paused` : `"${stateWord(status)}" is not running, can't pause`;
  throw new EngineError("CONTAINER_STATE_IMPROPER", `${problem}: container state improper`, {
    details: { id, status },
  });
}

/** @throws CONTAINER_INVALID: the freezer is the cgroup's */
export function refuseWithoutCgroup({ config }: ContainerRecord, verb: string): void {
  if (config.cgroups !== "disabled") return;
  throw new EngineError(
    "CONTAINER_INVALID",
    `cannot ${verb} without using Cgroups: this container does not have a cgroup`,
    { details: { id: config.id } },
  );
}

export function setNote(ctx: ContainerContext, id: string, paused: boolean): void {
  ctx.store.containers.updateState(id, (state) => {
    if (state.run === undefined) return state;
    const { paused: _before, ...run } = state.run;
    return { ...state, run: paused ? { ...run, paused } : run };
  });
}
