/** The supervisor of a store, found by /proc, and its sudden death. */
import { readdirSync, readFileSync } from "node:fs";
import type { Engine } from "./engine.ts";
import { waitFor } from "./waiting.ts";

export function supervisors({ runRoot }: Engine): number[] {
  const found = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = argumentsOf(pid);
      return words.includes(runRoot) && words.includes("supervise");
    });
  // What it starts looks like itself until its own program is loaded.
  return found.filter((pid) => !found.includes(parentOf(pid))).map(Number);
}

/** Field 4 of proc(5)'s stat; "" when it has ended. */
function parentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ")[1] ?? "";
  } catch {
    return "";
  }
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
  } catch {
    return [];
  }
}

/** With nothing left to watch none runs. */
export async function expectNoSupervisor(engine: Engine, timeout = 30_000): Promise<void> {
  await waitFor("the supervisor to leave", () => supervisors(engine).length === 0 || undefined, timeout);
}

/** Undefined where none runs. */
export function supervisorPid(engine: Engine): number | undefined {
  return supervisors(engine)[0];
}

/** SIGKILL, as a crash would; gives whether there was one. */
export function killSupervisor(engine: Engine): boolean {
  const pids = supervisors(engine);
  if (pids.length > 1) throw new Error(`more than one supervisor: ${pids.join(" ")}`);
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      return false;
    }
  }
  return pids.length > 0;
}

/** kill -9, in the middle of whatever it does; the next command starts another. */
export async function replaceSupervisor(engine: Engine): Promise<void> {
  const pid = await waitFor("a supervisor", () => supervisorPid(engine));
  killSupervisor(engine);
  await waitFor("its end", () => supervisorPid(engine) !== pid || undefined);
  await engine.ok("ps", "-q");
}
