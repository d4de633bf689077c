/** The process that is awake when time has to pass (design §8). */
export interface Supervisor {
  /**
   * Something that is watched over has changed, and the state says so already: the supervisor looks again, and is
   * started where none runs. Cheap; never throws.
   */
  wake(): void;
}
