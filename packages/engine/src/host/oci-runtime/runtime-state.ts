/** Where a runtime keeps what it knows of a container, for those who only look. */
import { existsSync } from "node:fs";
import { basename } from "node:path";

/** On tmpfs, gone with the boot. `runtime` is a name or a path. */
export function runtimeRoot(runRoot: string, runtime: string): string {
  return `${runRoot}/runtime/${basename(runtime)}`;
}

/** There from the creation of a container to its start. */
export function startFifo(root: string, id: string): string {
  return `${root}/${id}/exec.fifo`;
}

/** Whether a container was created and not started yet. `runtime` is the one that it was created with. */
export function awaitsStart(runRoot: string, runtime: string, id: string): boolean {
  return existsSync(startFifo(runtimeRoot(runRoot, runtime), id));
}
