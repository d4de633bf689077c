/** Gathers the facts that a container's state derives from. Reads only; takes no lock. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { ContainerExit, ContainerRecord } from "../ports/container-record.ts";
import type { OciRuntime } from "../ports/runtime.ts";
import type { ContainerContext } from "./context.ts";
import { healthNow } from "./health/health-now.ts";
import { placesOf } from "./places.ts";
import { runtimeOf } from "./runtime-of.ts";
import { type ContainerFacts, deriveExit, deriveStatus, unrecordedExit } from "./lifecycle.ts";

type FactSources = Pick<ContainerContext, "processes" | "settings"> & {
  readonly cgroups: Pick<ContainerContext["cgroups"], "isFrozen">;
  readonly monitor: Pick<ContainerContext["monitor"], "readExit">;
  readonly runtime: (name: string) => Pick<OciRuntime, "awaitsStart">;
};
type SettledSources = FactSources & Pick<ContainerContext, "monitor">;
type NowSources = FactSources & Pick<ContainerContext, "watchStates">;

export function gatherFacts(ctx: FactSources, record: ContainerRecord): ContainerFacts {
  const { bootId } = ctx.processes;
  const { run, exit } = record.state;
  if (run === undefined || exit !== undefined || run.bootId !== bootId) {
    return { bootId, alive: false, awaitsStart: false, frozen: false, exitRecord: undefined };
  }
  const alive = run.pid !== undefined && ctx.processes.isAlive(run.pid);
  return {
    bootId,
    alive,
    awaitsStart: alive && run.startedAt === 0 && runtimeOf(ctx, record).awaitsStart(record.config.id),
    // The note comes before the deed and goes after it: it says where to look, the kernel what is.
    frozen:
      alive && run.paused === true && ctx.cgroups.isFrozen(placesOf(ctx.settings, record.config).cgroup),
    exitRecord: alive ? undefined : ctx.monitor.readExit(record.config.id),
  };
}

/** Milliseconds for a monitor to write down an end that has happened. */
const RECORD_PATIENCE = 5000;

/** As gatherFacts; for a process that has just ended, waits for the record that its monitor is about to write. */
export async function settledFacts(ctx: SettledSources, record: ContainerRecord): Promise<ContainerFacts> {
  const facts = gatherFacts(ctx, record);
  const { run } = record.state;
  const over = run?.pid !== undefined && run.bootId === facts.bootId && record.state.exit === undefined;
  if (!over || facts.alive || facts.exitRecord !== undefined) return facts;
  const patience = AbortSignal.timeout(RECORD_PATIENCE);
  const exitRecord = await ctx.monitor.waitExit(record.config.id, run.monitor, patience);
  return { ...facts, exitRecord };
}

export function statusOf(ctx: FactSources, record: ContainerRecord): ContainerStatus {
  return deriveStatus(record, gatherFacts(ctx, record));
}

/** What `ps` and `inspect` show of a container at this moment. Times are milliseconds, 0 for never. */
export interface ContainerNow {
  readonly status: ContainerStatus;
  /** 0 when there is no process. */
  readonly pid: number;
  readonly exitCode: number;
  readonly startedAt: number;
  readonly exitedAt: number;
  readonly oomKilled: boolean;
  /** It was running when the machine went down. */
  readonly withMachine?: true;
  /** "healthy", "unhealthy", "starting"; "" without a check. */
  readonly health: string;
}

export function containerNow(ctx: NowSources, record: ContainerRecord): ContainerNow {
  const facts = gatherFacts(ctx, record);
  const derived = deriveStatus(record, facts);
  const known = deriveExit(record, facts);
  const end = derived === "stopped" && known === undefined ? unrecordedEnd(ctx, record) : undefined;
  const exit = known ?? end?.exit;
  return {
    status: end?.status ?? derived,
    pid: facts.alive ? (record.state.run?.pid?.pid ?? 0) : 0,
    exitCode: exit?.exitCode ?? 0,
    startedAt: record.state.run?.startedAt ?? 0,
    exitedAt: exit?.at ?? 0,
    oomKilled: exit?.oomKilled ?? false,
    ...(exit?.withMachine === true ? { withMachine: true } : {}),
    health: healthNow(ctx, record)?.status ?? "",
  };
}

/** The process is gone and nobody has said how: its monitor is about to, or was killed before it could. */
function unrecordedEnd(
  ctx: FactSources,
  { config, state: { run } }: ContainerRecord,
): { readonly status: ContainerStatus; readonly exit?: ContainerExit } {
  // Life first: the record that a dying monitor wrote is then seen by the read after it.
  if (run?.monitor !== undefined && ctx.processes.isAlive(run.monitor)) return { status: "stopping" };
  const written = ctx.monitor.readExit(config.id);
  // When it ended is unknown as well; it was not before its start.
  const lost = unrecordedExit(run?.startedAt ?? 0);
  return { status: "stopped", exit: written ?? lost };
}
