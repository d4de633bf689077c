/** What the volume domain works with. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Log } from "../base/log.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Clock, IdSource } from "../ports/ids.ts";
import type { Locks } from "../ports/lock.ts";
import type { OpenTree } from "../ports/open-tree.ts";
import type { Settings } from "../ports/settings.ts";
import type { Store } from "../ports/store.ts";

export interface VolumeContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly locks: Locks;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly events: EventLog;
  readonly log: Log;
  /** A directory of the host, held open. */
  readonly openTree: (directory: string) => Promise<OpenTree>;
  /** Stops and removes containers that use a volume which is to go (`volume rm -f`). */
  readonly removeContainers: (ids: readonly string[], timeout: number | undefined) => Promise<Outcome[]>;
}

/** Where a volume's files are. */
export function volumePath(settings: Settings, name: string): string {
  return `${settings.root}/volumes/${name}/_data`;
}
