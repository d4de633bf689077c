/** Removes containers and everything that was made for them. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { RemoveContainersOptions, Selection } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { deleteContainer } from "./delete.ts";
import { statusOf } from "./facts.ts";
import { healContainer } from "./heal.ts";
import { hasProcess } from "./lifecycle.ts";
import { type Chosen, chooseContainers, sideBySide } from "./select.ts";
import { stopContainer } from "./stop.ts";

export async function removeContainers(
  ctx: ContainerContext,
  selection: Selection,
  options: RemoveContainersOptions,
): Promise<Outcome[]> {
  const chosen = await chooseToRemove(ctx, selection, options);
  return sideBySide(chosen, (container) => removeContainer(ctx, container.id, options));
}

async function chooseToRemove(
  ctx: ContainerContext,
  selection: Selection,
  options: RemoveContainersOptions,
): Promise<readonly Chosen[]> {
  try {
    return await chooseContainers(ctx, selection, { ignoreMissing: options.ignore || options.force });
  } catch (error) {
    if (!isEngineError(error, "CONTAINER_NOT_FOUND")) throw error;
    const input = String(error.details["input"]);
    // Podman words it differently for rm, and gives it another status.
    throw new EngineError(
      "CONTAINER_NOT_FOUND",
      `no container with ID or name "${input}" found: no such container`,
      { exit: 1, details: error.details },
    );
  }
}

/** Stops it first when forced. A container that is gone already is no error. */
export async function removeContainer(
  ctx: ContainerContext,
  id: string,
  options: RemoveContainersOptions,
): Promise<void> {
  for (;;) {
    if (options.depend) await removeDependents(ctx, id, options);
    const running = await removeUnlessRunning(ctx, id, options);
    if (!running) return;
    await stopContainer(ctx, id, options.timeout === undefined ? {} : { timeout: options.timeout }).catch(
      // Its exit code is lost, which matters to nobody any more.
      (error: unknown) => {
        if (!isEngineError(error, "CONTAINER_MONITOR_FAILED", "CONTAINER_NOT_FOUND")) throw error;
      },
    );
  }
}

/** True when it must be stopped first. The lock is not held while that is done. */
async function removeUnlessRunning(
  ctx: ContainerContext,
  id: string,
  options: RemoveContainersOptions,
): Promise<boolean> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const record = await healedUnlessGone(ctx, id);
  if (record === undefined) return false;
  refuseInfra(record);
  refuseDependents(ctx, id);
  if (hasProcess(statusOf(ctx, record))) {
    if (options.force) return true;
    throw new EngineError(
      "CONTAINER_RUNNING",
      `cannot remove container ${id} as it is running - running or paused containers cannot be removed ` +
        "without force: container state improper",
      { hint: "stop it first, or remove it with --force" },
    );
  }
  await deleteContainer(ctx, record, { volumes: options.volumes });
  return false;
}

async function healedUnlessGone(ctx: ContainerContext, id: string): Promise<ContainerRecord | undefined> {
  try {
    return await healContainer(ctx, id);
  } catch (error) {
    if (!isEngineError(error, "CONTAINER_NOT_FOUND")) throw error;
    ctx.locks.forget(`container-${id}`);
    return undefined;
  }
}

function refuseInfra({ config }: ContainerRecord): void {
  if (!config.infra) return;
  throw new EngineError(
    "CONTAINER_INVALID",
    `container ${config.id} is the infra container of pod ${config.podId} and cannot be removed without ` +
      "removing the pod",
    { hint: "use: pod rm" },
  );
}

function refuseDependents(ctx: ContainerContext, id: string): void {
  const dependents = ctx.store.containers.dependents(id);
  if (dependents.length === 0) return;
  throw new EngineError(
    "CONTAINER_HAS_DEPENDENTS",
    `container ${id} has dependent containers which must be removed before it: ${dependents.join(", ")}: ` +
      "container already exists",
    { details: { dependents } },
  );
}

async function removeDependents(
  ctx: ContainerContext,
  id: string,
  options: RemoveContainersOptions,
): Promise<void> {
  if (ctx.store.containers.get(id)?.config.infra === true) return;
  for (const dependent of ctx.store.containers.dependents(id)) await removeContainer(ctx, dependent, options);
}
