/** The life of the supervisor's process: takes its seat, watches, leaves when nothing needs it. */
import type { SupervisorSeat } from "../ports/supervisor.ts";
import type { SupervisorLoop } from "./supervisor.ts";

/** Returns at once where another one watches. */
export async function supervise(
  seat: SupervisorSeat,
  loop: SupervisorLoop,
  signal: AbortSignal,
): Promise<void> {
  while (seat.take()) {
    using _ears = seat.listen(() => loop.wake());
    const end = await loop.watch(signal);
    if (end === "ended") {
      if (loop.hasWork()) seat.abandon();
      else seat.leave();
      return;
    }
    seat.leave();
    // Who changed the state before this look saw us in our seat, and started nobody.
    if (end === "lost" || !loop.hasWork()) return;
  }
}
