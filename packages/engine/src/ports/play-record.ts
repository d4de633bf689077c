/** A `kube play` that is at work: what it makes, so that another command can take it back if this one is killed. */
import type { ProcessIdentity } from "./processes.ts";

export interface PlayRecord {
  readonly id: string;
  readonly owner: ProcessIdentity;
  readonly made: MadeByPlay;
}

/** Noted before (or in the transaction in which) each is made; taking back what is not there is no error. */
export interface MadeByPlay {
  /** Ids, of the plan's choosing. */
  readonly pods: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly NamedSince[];
  readonly secrets: readonly NamedSince[];
  /** Directories and empty files on the host, parents before what is in them. */
  readonly paths: readonly string[];
}

/** There was none of that name at that moment: a later one is the play's. */
export interface NamedSince {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface PlayStore {
  add(record: PlayRecord): void;
  list(): PlayRecord[];
  update(id: string, change: (made: MadeByPlay) => MadeByPlay): void;
  remove(id: string): void;
}
