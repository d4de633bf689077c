/** Podman's names for the states of a container: what `ps`, `inspect` and `--filter status=` show. */
import type { ContainerStatus } from "../engine-api/containers.ts";

/** Docker's Created is libpod's "configured"; libpod's "created" has a name of its own. */
export function stateName(status: ContainerStatus): string {
  if (status === "configured") return "created";
  return status === "created" ? "initialized" : status;
}

const NAMES: readonly string[] = [
  "unknown",
  "created",
  "initialized",
  "running",
  "stopped",
  "paused",
  "exited",
  "removing",
  "stopping",
];

export function isStateName(name: string): boolean {
  return NAMES.includes(name);
}

/** True when a container of this status is what `status=` asks for; stopped and exited are one. */
export function matchesState(status: ContainerStatus, wanted: readonly string[]): boolean {
  const shown = status === "stopped" ? "exited" : stateName(status);
  return wanted.some((name) => (name === "stopped" ? "exited" : name) === shown);
}
