/** `pod rm`: members, sandbox, record. Started removals are finished, by this command or by the next. */
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { applyPlan, type Step } from "../base/plan.ts";
import { containerEvent } from "../container/container-event.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";
import { podEvent } from "./pod-event.ts";
import { releaseSandbox } from "./sandbox.ts";
import { collectMemberErrors, isUp, membersOf, rolesOf, startLock } from "./select.ts";
import { isUnknownPod } from "./stop.ts";

export interface RemovePodsOptions {
  /** Stops and removes what runs, anonymous volumes included. */
  readonly force: boolean;
  /** An unknown pod is no failure. */
  readonly ignore: boolean;
  /** Seconds before members are killed. */
  readonly timeout?: number;
}

export async function removePods(
  ctx: PodContext,
  names: readonly string[],
  options: RemovePodsOptions,
): Promise<PodOutcome[]> {
  const outcomes = await Promise.all(names.map((input) => removeOne(ctx, input, options)));
  return options.ignore || options.force
    ? outcomes.filter((outcome) => !isUnknownPod(outcome.error))
    : outcomes;
}

async function removeOne(ctx: PodContext, input: string, options: RemovePodsOptions): Promise<PodOutcome> {
  try {
    return { input, ...(await removePod(ctx, ctx.store.pods.find(input), options)) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const unknown = error.code === "POD_NOT_FOUND";
    const shown = unknown ? new EngineError(error.code, error.message, { exit: 1 }) : error;
    return { input, error: shown, memberErrors: [] };
  }
}

/** For `rm --depend` of an infra container: what depends on it is all of its pod. Gives the records' ids. */
export async function removeWithMembers(
  ctx: PodContext,
  id: string,
  options: Omit<RemovePodsOptions, "ignore">,
): Promise<string[]> {
  const record = ctx.store.pods.get(id);
  if (record === undefined) return [];
  const members = await membersOf(ctx, id);
  const { error, memberErrors } = await removePod(ctx, record, { ...options, ignore: true });
  const [first] = memberErrors;
  if (first !== undefined) throw first.error;
  if (error !== undefined) throw error;
  return [...members.map((member) => member.id), record.config.infraId];
}

async function removePod(
  ctx: PodContext,
  record: PodRecord,
  options: RemovePodsOptions,
): Promise<Omit<PodOutcome, "input">> {
  const { id } = record.config;
  if (!options.force) {
    const refusals = await runningMembers(ctx, record);
    if (refusals.length > 0) return refusal(id, refusals);
  }
  let memberErrors: { id: string; error: Error }[] = [];
  const removing: Step = {
    name: `mark pod ${id} as going`,
    apply: () => ctx.store.pods.setPhase(id, "removing", ctx.self),
  };
  const members: Step = {
    name: "remove its containers",
    apply: async () => {
      memberErrors = await removeMembers(ctx, id, options);
    },
  };
  // No step takes anything back: a removal that has begun is finished, by this command or by the next.
  const plan = { title: `remove pod ${record.config.name}`, log: ctx.log };
  await applyPlan([removing, members], plan);
  if (memberErrors.length > 0) {
    ctx.store.pods.setPhase(id, "ready");
    return refusal(id, memberErrors);
  }
  await applyPlan([{ name: "take down its sandbox and forget it", apply: () => forgetPod(ctx, id) }], plan);
  return { id, memberErrors: [] };
}

/** After the members: the sandbox and the row, under the pod's lock. */
async function forgetPod(ctx: PodContext, id: string): Promise<void> {
  using _lock = await ctx.locks.acquire(`pod-${id}`);
  const record = ctx.store.pods.get(id);
  if (record === undefined) {
    // Another removal was quicker.
    ctx.locks.forget(`pod-${id}`);
    return;
  }
  await releaseSandbox(ctx, record);
  if (record.config.volumes !== undefined) {
    const { removeDirectories } = await import("./volumes.ts");
    removeDirectories(ctx, id);
  }
  const infra = ctx.store.containers.get(record.config.infraId);
  ctx.store.pods.remove(id);
  if (record.config.job !== undefined) ctx.store.jobs.removeUnused();
  ctx.supervisor.tell();
  if (infra !== undefined) ctx.events.write(containerEvent(infra.config, "remove"));
  ctx.events.write(podEvent(record.config, "remove"));
  await forgetInfraLock(ctx, record.config.infraId);
  forgetStartLock(ctx, id);
  ctx.locks.forget(`pod-${id}`);
}

/** A start that waits for it finds that the pod is gone. */
function forgetStartLock(ctx: PodContext, id: string): void {
  using held = ctx.locks.tryAcquire(startLock(id));
  if (held !== undefined) ctx.locks.forget(startLock(id));
}

/** Commands on containers that were given the infra's id have locked it like any other. */
async function forgetInfraLock(ctx: PodContext, infraId: string): Promise<void> {
  if (infraId === "") return;
  using _lock = await ctx.locks.acquire(`container-${infraId}`);
  ctx.locks.forget(`container-${infraId}`);
}

async function removeMembers(
  ctx: PodContext,
  podId: string,
  options: RemovePodsOptions,
): Promise<{ id: string; error: Error }[]> {
  const members = await membersOf(ctx, podId);
  if (members.length === 0) return [];
  const containers = await ctx.containers();
  const remove = (ids: readonly string[]) =>
    containers.remove(
      { names: ids, all: false },
      {
        force: options.force,
        ignore: true,
        volumes: true,
        depend: true,
        ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
      },
    );
  const roles = rolesOf(ctx, podId);
  const ids = members.map((member) => member.id);
  const sidecars = ids.filter((id) => roles.get(id) === "sidecar");
  const others = ids.filter((id) => !sidecars.includes(id));
  const outcomes = others.length === 0 ? [] : await remove(others);
  // The sidecars serve the others to their end, as when the pod is stopped.
  for (const id of sidecars.toReversed()) outcomes.push(...(await remove([id])));
  return collectMemberErrors(outcomes);
}

async function runningMembers(ctx: PodContext, record: PodRecord): Promise<{ id: string; error: Error }[]> {
  const { id } = record.config;
  const running = (await membersOf(ctx, id)).filter(isUp);
  return running.map(({ id: member, status }) => ({
    id: member,
    error: new EngineError(
      "CONTAINER_RUNNING",
      `error removing container ${member} from pod ${id}: cannot remove container ${member} as it is ${status === "paused" ? status : "running"} - ` +
        "running or paused containers cannot be removed without force: container state improper",
      { exit: 125 },
    ),
  }));
}

function refusal(id: string, memberErrors: { id: string; error: Error }[]): Omit<PodOutcome, "input"> {
  return {
    id,
    memberErrors,
    error: new EngineError(
      "POD_STATE_IMPROPER",
      `not all containers could be removed from pod ${id}: removing pod containers`,
    ),
  };
}

/** Finishes or undoes what commands that were killed had begun. */
export async function healPods(ctx: PodContext): Promise<void> {
  for (const record of ctx.store.pods.unfinished()) {
    if (record.owner !== undefined && ctx.processes.isAlive(record.owner)) continue;
    if (record.phase === "starting" || record.phase === "stopping") {
      using _lock = await ctx.locks.acquire(`pod-${record.config.id}`);
      const now = ctx.store.pods.get(record.config.id);
      if (now?.phase === record.phase) await releaseSandbox(ctx, now);
    } else if (record.phase === "updating") {
      const { settleUpdate } = await import("./settle-update.ts");
      await settleUpdate(ctx, record.config.id);
    } else {
      await removePod(ctx, record, { force: true, ignore: true, timeout: 0 });
    }
  }
}
