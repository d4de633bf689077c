/** `--network ns:PATH`, `--pid ns:PATH`, …: told at creation when nothing is there. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync } from "node:fs";
import type { ContainerConfig } from "../ports/container-record.ts";

/** @throws CONTAINER_INVALID */
export function requireNamespacePaths({ network, namespaces }: ContainerConfig): void {
  const { pid, ipc, uts, cgroup, user } = namespaces;
  const modes = { network: network.mode, PID: pid, IPC: ipc, UTS: uts, cgroup, user };
  for (const [word, mode] of Object.entries(modes)) {
    if (mode.kind !== "path" || existsSync(mode.path)) continue;
    throw new EngineError(
      "CONTAINER_INVALID",
      `cannot find specified ${word} namespace path: ${mode.path}: no such file or directory`,
    );
  }
}
