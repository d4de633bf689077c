/** Inits of the containers whose namespaces a container joins (`--network container:ID`, `--pid container:ID`). */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { gatherFacts } from "./facts.ts";

/** @throws CONTAINER_STATE_IMPROPER when one of them does not run */
export function joinedPids(ctx: ContainerContext, config: ContainerConfig): ReadonlyMap<string, number> {
  const { pid, ipc, uts, cgroup, user } = config.namespaces;
  const donors = [config.network.mode, pid, ipc, uts, cgroup, user].flatMap((mode) =>
    mode.kind === "container" ? [mode.container] : [],
  );
  return new Map([...new Set(donors)].map((id) => [id, initOf(ctx, id)]));
}

function initOf(ctx: ContainerContext, nameOrId: string): number {
  const record = ctx.store.containers.find(nameOrId);
  const pid = record.state.run?.pid?.pid;
  if (pid !== undefined && gatherFacts(ctx, record).alive) return pid;
  throw new EngineError(
    "CONTAINER_STATE_IMPROPER",
    `cannot join a namespace of container ${record.config.id}: it is not running: container state improper`,
    { exit: 126 },
  );
}
