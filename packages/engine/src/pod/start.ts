/** `pod start`: the sandbox first, then all members that do not run, side by side in dependency order. */
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PodRecord } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";
import { ensureSandbox } from "./sandbox.ts";
import { collectMemberErrors, firstError, forEachPod, isRunning, membersOf } from "./select.ts";

export function startPods(ctx: PodContext, selection: Selection): Promise<PodOutcome[]> {
  return forEachPod(ctx, selection, (record) => startPod(ctx, record));
}

export async function startPod(ctx: PodContext, record: PodRecord): Promise<Omit<PodOutcome, "input">> {
  const { id, name } = record.config;
  const members = await membersOf(ctx, id);
  if (members.length === 0 && record.config.infraId === "") {
    throw new EngineError(
      "POD_STATE_IMPROPER",
      `no containers in pod ${name} have no dependencies, cannot start pod: no such container`,
    );
  }
  await ensureSandbox(ctx, id);
  const idle = members.filter((member) => !isRunning(member)).map((member) => member.id);
  if (idle.length === 0) return { id, memberErrors: [] };
  const containers = await ctx.containers();
  const memberErrors = collectMemberErrors(await containers.start({ names: idle, all: false }));
  return { id, memberErrors, ...firstError(memberErrors) };
}
