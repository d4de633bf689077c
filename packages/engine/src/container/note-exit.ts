/** Writes the end of a run into the container's state. */
import type { RestartPolicy } from "@podwright/spec/engine-api/containers";
import type {
  ContainerConfig,
  ContainerExit,
  ContainerRecord,
  ContainerRun,
  ContainerState,
} from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { isEndForHealth } from "./health/ends-for-health.ts";
import { type ContainerFacts, deriveExit, unrecordedExit } from "./lifecycle.ts";
import { decideRestart } from "./restart-decision.ts";
import { tellEnd } from "./tell-end.ts";
import { isRestartDue } from "./restart-due.ts";

/** Call with the container's lock held, before the exit record is forgotten. A noted exit stays. */
export function noteExit(
  ctx: ContainerContext,
  record: ContainerRecord,
  facts: ContainerFacts,
): ContainerRecord {
  const exit = deriveExit(record, facts) ?? unrecordedExit(ctx.clock.now());
  const oomKilled = exit.oomKilled || wasOomKilled(ctx, record, facts);
  const state = ctx.store.containers.updateState(record.config.id, (now) =>
    now.exit === undefined ? answered(record.config, now, { ...exit, oomKilled }) : now,
  );
  if (state === undefined) return record;
  if (record.state.exit === undefined) tellEnd(ctx, record.config, state);
  // The state says when: it is on its way while we tear the run down.
  if (isRestartDue(state)) ctx.supervisor.wake();
  return { ...record, state };
}

/** With the end goes, as one, what the container's policy makes of it: no end is answered twice, and none not. */
function answered(config: ContainerConfig, state: ContainerState, exit: ContainerExit): ContainerState {
  const { backOff: _before, ...ended } = { ...state, exit };
  const { run } = state;
  // What the machine took down, `system boot` brings back.
  if (run === undefined || exit.withMachine === true) return ended;
  const backOff = decideRestart(policyFor(config, run), state, {
    exitCode: exit.exitCode,
    at: exit.at,
    startedAt: run.startedAt,
    byHand: run.stopRequested || run.killed === true,
    ...(run.endedFor === undefined ? {} : { endedFor: run.endedFor }),
  });
  return backOff === undefined ? ended : { ...ended, backOff };
}

/** Who asked for a restart of an unhealthy container gets one, whatever its policy says of other ends. */
function policyFor(
  { restart, health }: ContainerConfig,
  { endedFor }: ContainerRun,
): RestartPolicy | undefined {
  const isAnswered = restart !== undefined && restart.name !== "no";
  if (isAnswered || health === undefined || endedFor === undefined) return restart;
  return isEndForHealth(endedFor) ? { name: "always", maximumRetries: 0 } : restart;
}

/** conmon can miss the event when the kernel kills the init itself; the cgroup keeps the count. */
function wasOomKilled(ctx: ContainerContext, record: ContainerRecord, facts: ContainerFacts): boolean {
  const { config, state } = record;
  if (state.run?.bootId !== facts.bootId || config.cgroups === "disabled") return false;
  return ctx.cgroups.oomKilled(`${config.cgroupParent}/${config.id}`);
}
