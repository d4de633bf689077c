/** Ends the process that holds the user's namespaces: they go with the last process in them. */
import { ProcProcesses } from "../process/processes.ts";
import { readHolder } from "./holder-file.ts";

const SIGKILL = 9;

/** From within: `directory` is the runtime directory by which they were entered. */
export function endHolder(directory: string): void {
  const holder = readHolder(directory);
  if (holder !== undefined) new ProcProcesses().kill(holder, SIGKILL);
}
