/** `pod start`: the sandbox first, then all members that do not run, side by side; init containers before them. */
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PodRecord } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";
import { memberExited } from "./exit-policy.ts";
import { beginTimed, isTimed } from "./jobs/begin.ts";
import { podEvent } from "./pod-event.ts";
import { ensureSandbox } from "./sandbox.ts";
import {
  collectMemberErrors,
  firstError,
  forEachPod,
  isPaused,
  isRunning,
  membersOf,
  rolesOf,
  startLock,
} from "./select.ts";

export function startPods(
  ctx: PodContext,
  selection: Selection,
  options: StartPodOptions = {},
): Promise<PodOutcome[]> {
  return forEachPod(ctx, selection, (record) => startPod(ctx, record, options));
}

export interface StartPodOptions {
  /** Passes over members that are paused; else they are failures. */
  readonly leave?: "paused";
  /** Asked once nobody else can be starting it: false leaves it as it is. */
  readonly stillWanted?: () => boolean;
}

export async function startPod(
  ctx: PodContext,
  record: PodRecord,
  { leave, stillWanted }: StartPodOptions = {},
): Promise<Omit<PodOutcome, "input">> {
  const { id } = record.config;
  const result = await startMembers(ctx, record, stillWanted);
  if (result === undefined) return { id, memberErrors: [] };
  ctx.events.write(podEvent(record.config, "start"));
  const { started } = result;
  const memberErrors = leave === "paused" ? result.memberErrors : [...result.paused, ...result.memberErrors];
  // Ends that came during the start have waited for it.
  if (started && memberErrors.length === 0) await memberExited(ctx, id);
  return { id, memberErrors, ...firstError(memberErrors) };
}

interface MembersStarted extends Pick<PodOutcome, "memberErrors"> {
  readonly started: boolean;
  /** A failure for each member that is paused. */
  readonly paused: PodOutcome["memberErrors"];
}

async function startMembers(
  ctx: PodContext,
  record: PodRecord,
  stillWanted: () => boolean = () => true,
): Promise<MembersStarted | undefined> {
  const { id, name, infraId } = record.config;
  // While it is held, the end of a member does not take the sandbox away from those that come after it.
  using _starting = await ctx.locks.acquire(startLock(id));
  if (!stillWanted()) return undefined;
  const members = await membersOf(ctx, id);
  if (members.length === 0 && infraId === "") {
    throw new EngineError(
      "POD_STATE_IMPROPER",
      `no containers in pod ${name} have no dependencies, cannot start pod: no such container`,
    );
  }
  if (isTimed(record)) beginTimed(ctx, record);
  await ensureSandbox(ctx, id);
  // Whatever becomes of its containers: its time has begun.
  if (isTimed(record)) ctx.supervisor.wake();
  const roles = rolesOf(ctx, id);
  if (roles.size > 0) {
    const { runInitContainers } = await import("./init-containers.ts");
    await runInitContainers(ctx, { id, name, members, roles });
  }
  const paused = members.filter(isPaused).map(refusePaused);
  const idle = members.filter((member) => !roles.has(member.id) && !isRunning(member));
  if (idle.length === 0) return { started: false, paused, memberErrors: [] };
  const containers = await ctx.containers();
  const outcomes = await Promise.all(
    idle.map(async (member, place) => {
      await turns(place);
      return containers.start({ names: [member.id], all: false });
    }),
  );
  return { started: true, paused, memberErrors: collectMemberErrors(outcomes.flat()) };
}

function refusePaused({ id }: { readonly id: string }): { id: string; error: Error } {
  return {
    id,
    error: new EngineError(
      "CONTAINER_STATE_IMPROPER",
      `starting container ${id}: cannot start paused container ${id}: container state improper`,
    ),
  };
}

/** So the first is with the runtime, on another processor, while the second is prepared, not after all are. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
