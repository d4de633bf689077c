/** Writes the end of a run into the container's state. */
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { type ContainerFacts, deriveExit, unrecordedExit } from "./lifecycle.ts";
import { tellEnd } from "./tell-end.ts";

/** Call with the container's lock held, before the exit record is forgotten. A noted exit stays. */
export function noteExit(
  ctx: ContainerContext,
  record: ContainerRecord,
  facts: ContainerFacts,
): ContainerRecord {
  const exit = deriveExit(record, facts) ?? unrecordedExit(ctx.clock.now());
  const oomKilled = exit.oomKilled || wasOomKilled(ctx, record, facts);
  const state = ctx.store.containers.updateState(record.config.id, (now) => ({
    ...now,
    exit: now.exit ?? { ...exit, oomKilled },
  }));
  if (state === undefined) return record;
  if (record.state.exit === undefined) tellEnd(ctx, record.config, state);
  return { ...record, state };
}

/** conmon can miss the event when the kernel kills the init itself; the cgroup keeps the count. */
function wasOomKilled(ctx: ContainerContext, record: ContainerRecord, facts: ContainerFacts): boolean {
  const { config, state } = record;
  if (state.run?.bootId !== facts.bootId || config.cgroups === "disabled") return false;
  return ctx.cgroups.oomKilled(`${config.cgroupParent}/${config.id}`);
}
