/** The process that is awake when time has to pass (design §8). */
export interface Supervisor {
  /**
   * Something that is watched over has changed, and the state says so already: the supervisor looks again, and is
   * started where none runs. Cheap; never throws.
   */
  wake(): void;
  /** Something that it may be watching is gone: where one runs, it looks again. Cheap; never throws. */
  tell(): void;
}

/** The place of the one supervisor of a store, as that process itself sees it. */
export interface SupervisorSeat {
  /** False when another one has it. */
  take(): boolean;
  /** Nothing needs it any more. Whoever wakes it from now on starts another. */
  leave(): void;
  /** It ends although it is needed: the next command sees that, and starts another. */
  abandon(): void;
  /** Still the one, in a store and a run directory that are still there. */
  isHeld(): boolean;
  /** Calls back when somebody wakes it, and when a container has ended. */
  listen(ring: () => void): Disposable;
}
