/** Exit policy `stop`: a pod goes down with the last of its containers; init containers do not count. */
import type { InitKind } from "@podwright/spec/engine-api/containers";
import type { PodContext } from "./context.ts";
import { dropSandbox } from "./sandbox.ts";
import { isOpen, isPaused, membersOf, rolesOf, startLock } from "./select.ts";
import { tellStop } from "./tell-stop.ts";

/** A member has ended, whose role is `role` where it is an init container. */
export async function memberExited(ctx: PodContext, podId: string, role?: InitKind): Promise<void> {
  if (role !== undefined) return;
  const record = ctx.store.pods.get(podId);
  if (record?.config.job !== undefined) ctx.supervisor.wake();
  if (record === undefined || record.config.exitPolicy !== "stop") return;
  if (record.phase === "removing" || record.state.sandbox === undefined) return;
  // Others are about to start; who starts them looks again afterwards.
  using starting = ctx.locks.tryAcquire(startLock(podId));
  if (starting === undefined) return;
  const roles = rolesOf(ctx, podId);
  const members = (await membersOf(ctx, podId)).filter(isOpen);
  // One that is paused cannot be stopped, and keeps the sandbox.
  if (members.some(isPaused)) return;
  const running = members.map((member) => member.id);
  if (running.some((id) => !roles.has(id))) return;
  tellStop(ctx, podId);
  if (running.length > 0) {
    const { stopInReverse } = await import("./init-containers.ts");
    await stopInReverse(ctx, running, {});
  }
  await dropSandbox(ctx, podId);
  // The pod may have been removed since: a lock's file that was made here after it is nobody's.
  if (ctx.store.pods.get(podId) === undefined) ctx.locks.forget(startLock(podId));
}
