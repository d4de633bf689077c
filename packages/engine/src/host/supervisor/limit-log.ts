/** Keeps the supervisor's log from filling the run directory, which is memory. */
import { copyFileSync, statSync, truncateSync } from "node:fs";
import { supervisorLog } from "./on-demand.ts";

/** Bytes; then it becomes the older one of two. */
const LIMIT = 512 * 1024;

/** Copied, not renamed: whoever writes to it has it open, at its end. */
export function limitLog(directory: string): void {
  const path = supervisorLog(directory);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LIMIT) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
}
