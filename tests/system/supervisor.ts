/** The supervisor of an engine's store: who it is, and its sudden death. */
import { readFileSync } from "node:fs";
import { type Engine, host } from "./engine.ts";
import { waitFor } from "./waiting.ts";

/** Undefined where none runs. Found as the system sees it: the process that holds its lock. */
export function supervisorPid(engine: Engine): number | undefined {
  const lock = `${engine.runRoot}/supervisor/lock`;
  const own = Bun.spawnSync(["stat", "-c", "%i", lock]).stdout.toString().trim();
  if (own === "") return undefined;
  const held = readFileSync("/proc/locks", "utf8")
    .split("\n")
    .find((line) => line.includes("FLOCK") && line.split(/\s+/)[5]?.endsWith(`:${own}`) === true);
  const pid = Number(held?.split(/\s+/)[4] ?? 0);
  return pid > 0 ? pid : undefined;
}

/** kill -9, in the middle of whatever it does; the next command starts another. */
export async function killSupervisor(engine: Engine): Promise<void> {
  const pid = await waitFor("a supervisor", () => supervisorPid(engine));
  await host("kill", "-9", String(pid));
  await waitFor("its end", () => supervisorPid(engine) !== pid || undefined);
  await engine.ok("ps", "-q");
}
