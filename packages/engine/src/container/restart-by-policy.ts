/** Starts a container again because its policy says so. A start that fails counts as one that was made. */
import type { ContainerConfig, ContainerState } from "../ports/container-record.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { decideRestart } from "./restart-decision.ts";
import { isRestartDue } from "./restart-due.ts";

/**
 * Does nothing where it is no longer to be restarted.
 * @throws what the start throws; the state says then whether and when it is tried again
 */
export async function restartByPolicy(ctx: ContainerContext, id: string): Promise<void> {
  const record = ctx.store.containers.get(id);
  const restartOf = record?.state.backOff?.restartAt;
  if (record === undefined || restartOf === undefined) return;
  const { startContainer } = await import("./start.ts");
  try {
    const started = await startContainer(ctx, id, { restartOf });
    if (started) ctx.events.write(containerEvent(record.config, "restart"));
  } catch (error) {
    await noteFailure(ctx, id, {
      restartOf,
      message: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

/** What failed before it was the container's turn (a dependency, its pod's sandbox) is not noted yet. */
async function noteFailure(
  ctx: ContainerContext,
  id: string,
  { restartOf, message }: { readonly restartOf: number; readonly message: string },
): Promise<void> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const config = ctx.store.containers.get(id)?.config;
  if (config === undefined) return ctx.locks.forget(`container-${id}`);
  const state = ctx.store.containers.updateState(id, (now) =>
    now.backOff?.restartAt === restartOf ? afterFailedRestart(ctx, config, { state: now, message }) : now,
  );
  if (state === undefined || isRestartDue(state) || config.podId === "") return;
  // It stays down, so the pod may be over.
  _lock.release();
  await ctx.sandboxes.memberExited(config.podId, config.initContainer);
}

export function afterFailedRestart(
  { clock }: Pick<ContainerContext, "clock">,
  config: ContainerConfig,
  { state, message }: { readonly state: ContainerState; readonly message: string },
): ContainerState {
  const { backOff: _before, ...rest } = state;
  const failed = { ...rest, restarts: state.restarts + 1, error: message };
  const ending = { exitCode: -1, at: clock.now(), startedAt: 0, byHand: false, failure: message };
  const history = {
    restarts: failed.restarts,
    ...(state.backOff === undefined ? {} : { backOff: state.backOff }),
  };
  const backOff = decideRestart(config.restart, history, ending);
  return backOff === undefined ? failed : { ...failed, backOff };
}

/** A start that was not its policy's has failed, and its policy would not leave it at that (`system boot`). */
export async function retryByPolicy(ctx: ContainerContext, id: string, error: Error): Promise<void> {
  using _lock = await ctx.locks.acquire(`container-${id}`);
  const config = ctx.store.containers.get(id)?.config;
  if (config === undefined) return ctx.locks.forget(`container-${id}`);
  const { message } = error;
  ctx.store.containers.updateState(id, ({ backOff: _old, ...state }) =>
    afterFailedRestart(ctx, config, { state: { ...state, restarts: 0 }, message }),
  );
}
