/** Changes that a power cut right after the command must not take back, beside those that it may. */
import type { Database } from "bun:sqlite";

/**
 * The function that it gives is called with each change of what a user would miss: images, volumes, networks,
 * secrets. The process then ends with one write-out of the log; what is asked of containers and pods needs none, for
 * no container survives a power cut, and the order of changes is kept in any case.
 */
export function lastingChanges(db: Database): () => void {
  let expected = false;
  return () => {
    if (expected) return;
    expected = true;
    process.once("exit", () => writeOut(db));
  };
}

function writeOut(db: Database): void {
  try {
    // Passive: waits for nobody; who is in the way writes it out later.
    db.run("PRAGMA wal_checkpoint(PASSIVE)");
  } catch {
    // A database that was closed has written it out, and a full disk will have been told of by the change itself.
  }
}
