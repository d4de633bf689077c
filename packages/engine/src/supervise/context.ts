/** What the makers of watches work with. */
import type { Log } from "../base/log.ts";
import type { ContainerContext } from "../container/context.ts";
import type { PodContext } from "../pod/context.ts";
import type { Clock } from "../ports/ids.ts";
import type { Settings } from "../ports/settings.ts";
import type { WatchStates } from "../ports/watch-states.ts";

export interface SuperviseContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly watchStates: WatchStates;
  readonly settings: Settings;
  /** What acts need; loaded by the first that does, for most of the time nothing does. */
  readonly container: () => Promise<ContainerContext>;
  readonly pod: () => Promise<PodContext>;
}
