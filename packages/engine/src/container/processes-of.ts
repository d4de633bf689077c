/** All processes of a run: those in its cgroup, or, where it has none, those that see its mounts. */
import type { Cgroups } from "../ports/cgroups.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { Processes } from "../ports/processes.ts";

export interface ProcessesContext {
  readonly cgroups: Pick<Cgroups, "processes">;
  readonly processes: Pick<Processes, "isAlive" | "sharingMounts">;
}

/** `cgroup` is the container's own. Without one, a process that has made a mount namespace of its own is not found. */
export function processesOf(
  { cgroups, processes }: ProcessesContext,
  { config, state }: ContainerRecord,
  cgroup: string,
): number[] {
  if (config.cgroups !== "disabled") return cgroups.processes(cgroup);
  const init = state.run?.pid;
  return init !== undefined && processes.isAlive(init) ? processes.sharingMounts(init.pid) : [];
}
