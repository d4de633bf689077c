/** Ends the supervisor of a store, and takes its seat so that no other comes. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, constants, mkdirSync, openSync, readFileSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { Processes } from "../../ports/processes.ts";
import { tryFlock } from "../sys/lock.ts";
import { supervisorLock } from "./on-demand.ts";

const SIGTERM = 15;
const SIGKILL = 9;
/** Milliseconds that it gets to end in order: longer than it gives its own acts. */
const PATIENCE = 12_000;
const PAUSE = 20;

/** @throws HOST_CALL_FAILED when somebody holds its lock who will not let it go */
export async function endSupervisor(directory: string, processes: Processes): Promise<Disposable> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = openSync(supervisorLock(directory), constants.O_CREAT | constants.O_RDWR, 0o600);
  for (const signal of [SIGTERM, SIGKILL]) {
    const end = performance.now() + PATIENCE;
    // The file tells its pid only once it has sat down.
    let told = false;
    while (performance.now() < end) {
      if (tryFlock(lock, "exclusive")) return { [Symbol.dispose]: () => closeSync(lock) };
      if (!told) told = tell(lock, signal, processes);
      await sleep(PAUSE);
    }
  }
  closeSync(lock);
  throw new EngineError(
    "HOST_CALL_FAILED",
    `cannot end the supervisor: ${supervisorLock(directory)} is held`,
  );
}

/** Read by the descriptor: while the lock is held, the pid in it is the holder's. */
function tell(lock: number, signal: number, processes: Processes): boolean {
  const pid = Number(readFileSync(`/proc/self/fd/${lock}`, "utf8"));
  const supervisor = pid > 0 ? processes.identify(pid) : undefined;
  return supervisor !== undefined && processes.kill(supervisor, signal);
}
