/** Waits until containers are in a wanted state; gives the exit codes of those that end. */
import type { WaitOptions } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { sleep } from "../base/sleep.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { gatherFacts } from "./facts.ts";
import { finishRun } from "./finish.ts";
import { checkOf, healthNow } from "./health/health-now.ts";
import { deriveExit, deriveStatus, isOver, UNKNOWN_EXIT } from "./lifecycle.ts";
import { namedContainer } from "./select.ts";
import { waitForEnd } from "./wait-end.ts";
import { isRestartDue } from "./restart-due.ts";

/** Milliseconds between looks at a state whose coming nothing announces. */
const PAUSE = 50;
const END_STATES = new Set(["stopped", "exited"]);
const HEALTH = new Set(["healthy", "unhealthy"]);
const STATES = new Set([
  "configured",
  "created",
  "running",
  "stopped",
  "paused",
  "exited",
  "removing",
  "stopping",
  "unknown",
]);

export interface Waited {
  readonly id: string;
  readonly exitCode: number;
}

export async function waitForContainers(
  ctx: ContainerContext,
  names: readonly string[],
  options: WaitOptions,
): Promise<Waited[]> {
  const conditions = parseConditions(options.conditions);
  const records = names.map((name) => find(ctx, name, options));
  const stop = new AbortController();
  const waits = records.map((record) => waitForOne(ctx, record, { conditions, signal: stop.signal }));
  try {
    if (options.exitFirstMatch && waits.length > 0) return [await Promise.race(waits)];
    return await Promise.all(waits);
  } finally {
    stop.abort();
  }
}

/** @throws CONTAINER_INVALID for a state that does not exist */
function parseConditions(conditions: readonly string[]): ReadonlySet<string> {
  for (const condition of conditions) {
    if (!STATES.has(condition) && !HEALTH.has(condition) && condition !== "initialized") {
      throw new EngineError("CONTAINER_INVALID", `invalid container state: "${condition}": invalid argument`);
    }
  }
  if (conditions.length === 0) return END_STATES;
  return new Set(conditions.map((condition) => (condition === "initialized" ? "created" : condition)));
}

function find(ctx: ContainerContext, name: string, options: WaitOptions): ContainerRecord | undefined {
  try {
    return namedContainer(ctx, name);
  } catch (error) {
    if (options.ignore && isEngineError(error, "CONTAINER_NOT_FOUND")) return undefined;
    throw error;
  }
}

async function waitForOne(
  ctx: ContainerContext,
  record: ContainerRecord | undefined,
  wanted: { readonly conditions: ReadonlySet<string>; readonly signal: AbortSignal },
): Promise<Waited> {
  if (record === undefined) return { id: "", exitCode: UNKNOWN_EXIT };
  const { id } = record.config;
  const healthCondition = [...wanted.conditions].find((condition) => HEALTH.has(condition));
  if (healthCondition !== undefined && checkOf(record) === undefined) {
    throw new EngineError(
      "CONTAINER_NO_HEALTHCHECK",
      `cannot use condition ${JSON.stringify(healthCondition)}: container ${id} has no healthcheck`,
    );
  }
  const endIsAll = [...wanted.conditions].every((condition) => END_STATES.has(condition));
  const waitsForEnd = [...wanted.conditions].some((condition) => END_STATES.has(condition));
  let last: Waited = { id, exitCode: UNKNOWN_EXIT };
  let now: ContainerRecord | undefined = record;
  while (now !== undefined && !wanted.signal.aborted) {
    const facts = gatherFacts(ctx, now);
    const status = deriveStatus(now, facts);
    const exit = deriveExit(now, facts);
    if (exit !== undefined) last = { id, exitCode: exit.exitCode };
    // Podman's answer: what never ran has not failed.
    if (status === "configured" && now.state.run === undefined && waitsForEnd) return { id, exitCode: 0 };
    const over = isOver(status);
    // Its policy was quicker than we: the run that we waited for is over.
    const before = now.state.restarts === record.state.restarts ? undefined : now.state.lastExit;
    if (before !== undefined && endIsAll) return { id, exitCode: before.exitCode };
    if (wanted.conditions.has(status) && (!over || exit !== undefined)) return last;
    if (healthCondition !== undefined) {
      if (wanted.conditions.has(healthNow(ctx, now)?.status ?? "")) return last;
      const isOverForGood = now.state.exit !== undefined && !isRestartDue(now.state);
      if (over && isOverForGood && !waitsForEnd)
        throw new EngineError("CONTAINER_STATE_IMPROPER", "container is stopped");
    }
    const mayComeBack = healthCondition !== undefined && now.state.exit === undefined;
    if (over && (exit === undefined || mayComeBack)) await finishRun(ctx, id);
    else if (facts.alive && endIsAll) last = await endOf(ctx, now, wanted.signal);
    else await sleep(PAUSE, wanted.signal);
    now = ctx.store.containers.get(id);
  }
  // Removed meanwhile: what its monitor wrote last is its exit code.
  return last;
}

async function endOf(ctx: ContainerContext, record: ContainerRecord, signal: AbortSignal): Promise<Waited> {
  const { id } = record.config;
  await waitForEnd(ctx, record, signal);
  return { id, exitCode: ctx.monitor.readExit(id)?.exitCode ?? UNKNOWN_EXIT };
}
