/** Whoever ends a run and waits for its end cleans up itself: the exit command is then not to start the engine. */
import type { HeldLock } from "../ports/lock.ts";
import type { ContainerContext } from "./context.ts";
import { foregroundLock } from "./places.ts";

/**
 * Take it before the end can come, and keep it until the run is finished, which takes its file away. Undefined where
 * somebody else has it, and cleans up. Killed, we leave the end to the next command, as a foreground `run` does.
 */
export function takeEnd(ctx: Pick<ContainerContext, "foreground">, id: string): HeldLock | undefined {
  return ctx.foreground.tryAcquire(foregroundLock(id));
}
