/** Standard input by chunks as they come, whatever it is: terminal, pipe or file. */

/**
 * By the event loop, not by a read that waits in the thread pool: the pool is small, and a command that listens to
 * its user has other work to do besides.
 */
export async function* readInput(): AsyncGenerator<Uint8Array> {
  try {
    yield* Bun.stdin.stream();
  } catch (error) {
    // Closed, or a terminal that has gone away: there is no more input.
    if (!(error instanceof Error && "code" in error && ["EIO", "EBADF"].includes(String(error.code))))
      throw error;
  }
}
