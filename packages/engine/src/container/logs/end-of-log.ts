/** Whether anything may still be written to a container's log. */
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { gatherFacts } from "../facts.ts";
import { isRestarted } from "../needs-supervisor.ts";
import { isRestartDue } from "../restart-due.ts";

/** Milliseconds for somebody to note an end, and whether a restart follows. */
const PATIENCE = 10_000;

/** The container has ended for good, and its monitor has written all that there is. */
export function hasEnded(ctx: ContainerContext, record: ContainerRecord | undefined): boolean {
  if (record === undefined || record.phase === "removing") return true;
  const { run, exit } = record.state;
  if (isRestartDue(record.state) || record.phase === "starting") return false;
  if (run === undefined || exit !== undefined) return true;
  const facts = gatherFacts(ctx, record);
  if (facts.alive) return false;
  const { exitRecord } = facts;
  if (exitRecord === undefined) return run.monitor === undefined || !ctx.processes.isAlive(run.monitor);
  const byHand = run.stopRequested || run.killed === true;
  const undecided = isRestarted(record.config) && !byHand;
  return !undecided || ctx.clock.now() - exitRecord.at > PATIENCE;
}
