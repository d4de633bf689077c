/** Starts containers: dependencies and the pod's sandbox first, then one plan per container. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection, StartOptions, TerminalSize } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { applyPlan } from "../base/plan.ts";
import type { ContainerConfig, ContainerRecord, ContainerState } from "../ports/container-record.ts";
import type { SandboxRef } from "../ports/pod-record.ts";
import type { ContainerContext } from "./context.ts";
import { statusOf } from "./facts.ts";
import { healContainer } from "./heal.ts";
import { requireStartable } from "./lifecycle.ts";
import { isWatchedWhileRunning } from "./needs-supervisor.ts";
import { afterFailedRestart } from "./restart-by-policy.ts";
import { deleteContainer } from "./delete.ts";
import { chooseContainers, fewAtOnce } from "./select.ts";
import { startSteps } from "./start-steps.ts";
import { isRestartDue } from "./restart-due.ts";

/** Gives an outcome for each; one that runs already is a success. */
export async function startContainers(
  ctx: ContainerContext,
  selection: Selection,
  options: StartOptions = {},
): Promise<Outcome[]> {
  const chosen = await chooseContainers(ctx, selection);
  const started = new Set<string>();
  const outcomes = await fewAtOnce(chosen, async ({ id }) => {
    if (await startContainer(ctx, id, options)) started.add(id);
  });
  // `--all` names those alone that it started.
  return selection.all
    ? outcomes.filter(({ id, error }) => error !== undefined || started.has(id ?? ""))
    : outcomes;
}

export interface StartHooks extends StartOptions {
  /** The bundle is there, nothing runs yet. */
  readonly beforeLaunch?: (id: string) => Promise<void>;
  /** The container is created and waits; its monitor can be attached to. */
  readonly beforeStart?: (bundle: string) => Promise<void>;
  /** First size of the caller's terminal. */
  readonly terminalSize?: TerminalSize;
  readonly signal?: AbortSignal;
  /** By its policy: only if it is still to be restarted at this time (RestartBackOff.restartAt). */
  readonly restartOf?: number;
}

interface Start {
  readonly hooks: StartHooks;
  readonly sandbox: SandboxRef | undefined;
}

/**
 * False when it runs already. Nothing of a failed start is left but its message in the state; with `--rm` the
 * container goes too.
 */
export async function startContainer(
  ctx: ContainerContext,
  id: string,
  hooks: StartHooks = {},
  underWay: ReadonlySet<string> = new Set(),
): Promise<boolean> {
  const { config, state } = ctx.store.containers.get(id) ?? (await healContainer(ctx, id));
  if (config.infra) {
    await ctx.sandboxes.ensureUp(config.podId);
    return true;
  }
  await startDependencies(ctx, config.dependencies, new Set([...underWay, id]));
  if ((await startInPod(ctx, config, hooks)) === "runs") return false;
  // One that its policy was about to start is no longer waited for.
  if (isWatchedWhileRunning(config) || isRestartDue(state)) ctx.supervisor.wake();
  if (config.lifecycle?.postStart !== undefined) {
    const { runPostStart } = await import("./hooks/post-start.ts");
    await runPostStart(ctx, id, lockOptions(hooks));
  }
  return true;
}

/** `sandbox-gone`: its pod's sandbox went down, with its last member, before we had said that we need it. */
type Started = "started" | "runs" | "sandbox-gone";

async function startInPod(
  ctx: ContainerContext,
  { id, podId }: ContainerConfig,
  hooks: StartHooks,
): Promise<Started> {
  for (;;) {
    // Takes the pod's lock, which comes before the container's.
    if (podId !== "") await ctx.sandboxes.ensureUp(podId);
    const started = await startLocked(ctx, id, hooks);
    if (started !== "sandbox-gone") return started;
  }
}

async function startLocked(ctx: ContainerContext, id: string, hooks: StartHooks): Promise<Started> {
  using _lock = await ctx.locks.acquire(`container-${id}`, lockOptions(hooks));
  const record = await healContainer(ctx, id);
  const status = statusOf(ctx, record);
  if (status === "running" || !isWanted(record, hooks)) return "runs";
  requireStartable(id, status);
  // The lock is what keeps others away; the phase tells the next command where to look if we are killed, and
  // whoever takes the pod's sandbox down that there is one who needs it.
  ctx.store.containers.setPhase(id, "starting", ctx.processes.identify(process.pid));
  const { podId } = record.config;
  const sandbox = podId === "" ? undefined : ctx.sandboxes.current(podId);
  if (podId !== "" && sandbox === undefined) {
    ctx.store.containers.setPhase(id, "ready");
    return "sandbox-gone";
  }
  await run(ctx, record, { hooks, sandbox });
  return "started";
}

/** A stop, or a start by hand, was quicker than the policy. */
function isWanted({ state }: ContainerRecord, { restartOf }: StartHooks): boolean {
  return restartOf === undefined || state.backOff?.restartAt === restartOf;
}

async function startDependencies(
  ctx: ContainerContext,
  dependencies: readonly string[],
  underWay: ReadonlySet<string>,
): Promise<void> {
  for (const id of dependencies) {
    if (underWay.has(id)) {
      throw new EngineError("CONTAINER_INVALID", `container ${id} depends on itself through others`, {
        details: { chain: [...underWay] },
      });
    }
    await startContainer(ctx, id, {}, underWay);
  }
}

async function run(ctx: ContainerContext, record: ContainerRecord, start: Start): Promise<void> {
  const { id } = record.config;
  try {
    await applyPlan(startSteps(ctx, record, start), {
      title: `start container ${id}`,
      log: ctx.log,
      ...(start.hooks.signal === undefined ? {} : { signal: start.hooks.signal }),
    });
    ctx.store.containers.setPhase(id, "ready");
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const failed = afterFailure(ctx, record, { message, byPolicy: start.hooks.restartOf !== undefined });
    ctx.store.containers.updateState(id, () => failed);
    ctx.store.containers.setPhase(id, "ready");
    if (record.config.autoRemove && !isRestartDue(failed))
      await deleteContainer(ctx, record, { volumes: true });
    throw error;
  }
}

/** By hand: as before, but for the message. By its policy: another attempt that has failed. */
function afterFailure(
  ctx: ContainerContext,
  { config, state }: ContainerRecord,
  { message, byPolicy }: { readonly message: string; readonly byPolicy: boolean },
): ContainerState {
  return byPolicy ? afterFailedRestart(ctx, config, { state, message }) : { ...state, error: message };
}

function lockOptions({ signal }: StartHooks): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
