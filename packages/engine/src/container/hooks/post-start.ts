/** `postStart`: the container counts as started once its hook has succeeded; else it is killed. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerContext } from "../context.ts";
import { killContainer } from "../kill.ts";
import { runAction } from "./run-action.ts";

/** Milliseconds. Kubernetes waits for ever; a command that does would look as if it had died. */
const PATIENCE = 300_000;
const SIGKILL = 9;

/**
 * Call without the container's lock: whoever wants to stop it meanwhile can.
 * @throws CONTAINER_HOOK_FAILED, with the container killed
 */
export async function runPostStart(
  ctx: ContainerContext,
  id: string,
  options: { readonly signal?: AbortSignal },
): Promise<void> {
  const record = ctx.store.containers.get(id);
  const action = record?.config.lifecycle?.postStart;
  if (record === undefined || action === undefined) return;
  const failure = await runAction(ctx, record, { action, timeout: PATIENCE, ...options });
  options.signal?.throwIfAborted();
  if (failure === undefined) return;
  const message = `postStart hook of container ${record.config.name} failed: ${failure}`;
  try {
    await killContainer(ctx, id, SIGKILL);
  } catch (error) {
    // It has ended by itself, which may be why the hook failed.
    if (!isEngineError(error, "CONTAINER_STATE_IMPROPER", "CONTAINER_NOT_FOUND")) throw error;
  }
  ctx.store.containers.updateState(id, (state) => ({ ...state, error: message }));
  throw new EngineError("CONTAINER_HOOK_FAILED", message, { details: { container: id } });
}
