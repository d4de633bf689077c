/** Time that passes, so that tests can let it. */
export interface Timers {
  /** Calls back once, after so many milliseconds; the result takes that back. */
  after(milliseconds: number, callBack: () => void): () => void;
}
