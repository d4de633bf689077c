/** `info`, a tree of plain data in Podman's shape (podman.md §4). */
export type SystemInfo = Readonly<Record<string, unknown>>;

export interface SystemApi {
  info(): Promise<SystemInfo>;
  /** Removes every object, then the store and the run directory themselves. */
  reset(): Promise<void>;
}
