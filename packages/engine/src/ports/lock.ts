/** Locks by name, released by the kernel when their holder dies. Order: pod, container, volume or network. */
export interface Locks {
  /**
   * Waits (with short sleeps, so that Ctrl-C works) until the named lock is ours.
   * `name` is "<noun>-<id>"; the file is `<runRoot>/locks/<name>`.
   */
  acquire(
    name: string,
    options?: { readonly mode?: "shared" | "exclusive"; readonly signal?: AbortSignal },
  ): Promise<HeldLock>;
  /** Gives undefined when somebody else has it, or when the object that the lock lies with is gone. */
  tryAcquire(name: string): HeldLock | undefined;
  /** Drops the file of an object that is gone; only by the holder of its lock. */
  forget(name: string): void;
  /** Drops the files that killed commands left of objects that are gone; those that somebody holds stay. */
  sweep(isGone: (name: string) => boolean): void;
}

export interface HeldLock extends Disposable {
  readonly name: string;
  release(): void;
}
