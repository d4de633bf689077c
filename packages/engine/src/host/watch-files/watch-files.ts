/** WatchStates as files of JSON on tmpfs, each replaced as a whole. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import type { WatchState, WatchStates } from "../../ports/watch-states.ts";

export class WatchFiles implements WatchStates {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  read(containerId: string): WatchState | undefined {
    const text = readIfThere(this.#path(containerId));
    return text === undefined ? undefined : (JSON.parse(text) as WatchState);
  }

  write(containerId: string, state: WatchState): void {
    const path = this.#path(containerId);
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    // One writer at a time has the container's lock or is the supervisor; a reader sees the old file or the new.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(state), { mode: 0o600 });
    renameSync(draft, path);
  }

  forget(containerId: string): void {
    rmSync(this.#path(containerId), { force: true });
  }

  #path(containerId: string): string {
    return `${this.#directory}/${containerId}.json`;
  }
}
