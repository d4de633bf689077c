/** Finds the monitors of a container by their command lines: for starts that were cut short before they were noted. */
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { ProcessIdentity } from "../../ports/processes.ts";
import type { ConmonPlace } from "./spawn.ts";

export function findMonitors(place: ConmonPlace, id: string): ProcessIdentity[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && monitors(name, place.path, id))
    .flatMap((name) => place.processes.identify(Number(name)) ?? []);
}

function monitors(pid: string, conmon: string, id: string): boolean {
  const [program, ...args] = commandLine(pid);
  if (program === undefined || basename(program) !== basename(conmon)) return false;
  // An exec session's monitor has the container's id too, but its own as unit.
  return args[args.indexOf("-u") + 1] === id;
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
  } catch {
    // It ended while we looked.
    return [];
  }
}
