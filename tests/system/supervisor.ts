/** The supervisor of an engine's store: who it is, and its sudden death. */
import { readdirSync, readFileSync } from "node:fs";
import { type Engine, host } from "./engine.ts";
import { waitFor } from "./waiting.ts";

/** Undefined where none runs. */
export function supervisorPid({ runRoot }: Engine): number | undefined {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      const words = commandLine(pid);
      return words.includes(runRoot) && words.slice(-2).join(" ") === "system supervise";
    });
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "").split("\0");
  } catch {
    return [];
  }
}

/** kill -9, in the middle of whatever it does; the next command starts another. */
export async function killSupervisor(engine: Engine): Promise<void> {
  const pid = await waitFor("a supervisor", () => supervisorPid(engine));
  await host("kill", "-9", String(pid));
  await waitFor("its end", () => supervisorPid(engine) !== pid || undefined);
  await engine.ok("ps", "-q");
}
