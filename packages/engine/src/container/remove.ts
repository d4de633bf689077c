/** Removes containers and everything that was made for them. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { RemoveContainersOptions, Selection } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { deleteContainer } from "./delete.ts";
import { statusOf } from "./facts.ts";
import { healContainer } from "./heal.ts";
import { killContainer } from "./kill.ts";
import { hasProcess } from "./lifecycle.ts";
import { type Chosen, chooseContainers, sideBySide } from "./select.ts";
import { SIGKILL } from "./signal-run.ts";
import { stopContainer } from "./stop.ts";
import { isRestartDue } from "./restart-due.ts";

export async function removeContainers(
  ctx: ContainerContext,
  selection: Selection,
  options: RemoveContainersOptions,
): Promise<Outcome[]> {
  const chosen = await chooseToRemove(ctx, selection, options);
  const removed = new Set<string>();
  const outcomes = await sideBySide(chosen, (container) =>
    removeNoting(ctx, container.id, { options, removed }),
  );
  const named = new Set(chosen.map(({ id }) => id));
  const dependents = [...removed].filter((id) => !named.has(id)).map((id) => ({ input: id, id }));
  return [...dependents, ...outcomes];
}

async function chooseToRemove(
  ctx: ContainerContext,
  selection: Selection,
  options: RemoveContainersOptions,
): Promise<readonly Chosen[]> {
  try {
    const ignoreMissing = options.ignore || options.force;
    return [...(await chooseContainers(ctx, selection, { ignoreMissing })), ...infraRecords(ctx, selection)];
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

/** `--all` takes the pods as well, by their infra records. */
function infraRecords(ctx: ContainerContext, { all, names, filters = {} }: Selection): Chosen[] {
  if (!all || names.length > 0 || Object.keys(filters).length > 0) return [];
  const infra = ctx.store.containers.list().filter(({ config }) => config.infra);
  return infra.map(({ config: { id } }) => ({ input: id, id }));
}

/** Stops it first when forced. A container that is gone already is no error. */
export async function removeContainer(
  ctx: ContainerContext,
  id: string,
  options: RemoveContainersOptions,
): Promise<void> {
  await removeNoting(ctx, id, { options, removed: new Set() });
}

interface Removal {
  readonly options: RemoveContainersOptions;
  /** Ids of all that went, dependents before what they depended on. */
  readonly removed: Set<string>;
}

async function removeNoting(ctx: ContainerContext, id: string, removal: Removal): Promise<void> {
  const { options, removed } = removal;
  for (;;) {
    if (options.depend && (await removeDependents(ctx, id, removal)) === "all") return;
    const found = await removeUnlessRunning(ctx, id, options);
    if (found === "removed") {
      removed.add(id);
      return;
    }
    // A paused one hears no stop signal.
    const end =
      found === "paused" ? killContainer(ctx, id, SIGKILL) : stopContainer(ctx, id, patience(options));
    await end.catch((error: unknown) => {
      // Its exit code is lost, which matters to nobody any more; or it was paused, or ended, meanwhile.
      if (!isEngineError(error, ...WORTH_ANOTHER_LOOK)) throw error;
    });
  }
}

const WORTH_ANOTHER_LOOK = [
  "CONTAINER_MONITOR_FAILED",
  "CONTAINER_NOT_FOUND",
  "CONTAINER_STATE_IMPROPER",
] as const;

function patience({ timeout }: RemoveContainersOptions): { readonly timeout?: number } {
  return timeout === undefined ? {} : { timeout };
}

/** What it found: what runs or is paused must be ended first. The lock is not held while that is done. */
async function removeUnlessRunning(
  ctx: ContainerContext,
  id: string,
  options: RemoveContainersOptions,
): Promise<"removed" | "running" | "paused"> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const record = await healedUnlessGone(ctx, id);
  if (record === undefined) return "removed";
  refuseInfra(record);
  refuseDependents(ctx, id);
  const status = statusOf(ctx, record);
  // What its policy is about to start again has not ended, as in Docker.
  const isRestarting = isRestartDue(record.state);
  if (isRestarting || hasProcess(status)) {
    const found = status === "paused" ? status : "running";
    if (options.force) return found;
    throw new EngineError(
      "CONTAINER_RUNNING",
      `cannot remove container ${id} as it is ${isRestarting ? "restarting" : found} - running or paused containers cannot be removed ` +
        "without force: container state improper",
    );
  }
  await deleteContainer(ctx, record, { volumes: options.volumes });
  return "removed";
}

async function healedUnlessGone(ctx: ContainerContext, id: string): Promise<ContainerRecord | undefined> {
  try {
    return await healContainer(ctx, id);
  } catch (error) {
    if (!isEngineError(error, "CONTAINER_NOT_FOUND")) throw error;
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

/** "all" for an infra record: it goes with its pod. */
async function removeDependents(
  ctx: ContainerContext,
  id: string,
  removal: Removal,
): Promise<"all" | "dependents"> {
  const config = ctx.store.containers.get(id)?.config;
  if (config?.infra === true) {
    const { force, timeout } = removal.options;
    const ids = await ctx.sandboxes.remove(config.podId, {
      force,
      ...(timeout === undefined ? {} : { timeout }),
    });
    for (const member of ids) removal.removed.add(member);
    return "all";
  }
  for (const dependent of ctx.store.containers.dependents(id)) await removeNoting(ctx, dependent, removal);
  return "dependents";
}
