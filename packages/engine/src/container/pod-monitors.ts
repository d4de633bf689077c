/** The monitors of a pod's members that run at this moment: they keep the sockets of the pod's ports. */
import type { ContainerContext } from "./context.ts";

export function podMonitors(ctx: Pick<ContainerContext, "store" | "processes">, podId: string): number[] {
  return ctx.store.containers.list({ podId }).flatMap(({ state }) => {
    const monitor = state.run?.monitor;
    return monitor !== undefined && ctx.processes.isAlive(monitor) ? [monitor.pid] : [];
  });
}
