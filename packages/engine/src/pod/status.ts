/** A pod's status from those of its containers, infra included (podman.md §4.4). */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { PodStatus } from "@podwright/spec/engine-api/pods";

export function podStatus(containers: readonly ContainerStatus[]): PodStatus {
  const count = (...wanted: readonly ContainerStatus[]): number =>
    containers.filter((status) => wanted.includes(status)).length;
  if (containers.length === 0) return "Created";
  const running = count("running");
  if (running > 0) return running === containers.length ? "Running" : "Degraded";
  if (count("paused") === containers.length) return "Paused";
  const ended = count("exited", "stopped");
  if (ended > 0) return ended === containers.length ? "Exited" : "Stopped";
  return count("configured", "created", "paused") === containers.length ? "Created" : "Error";
}
