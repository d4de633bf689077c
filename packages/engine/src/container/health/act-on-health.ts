/** What is done to a container that its checks have found unhealthy. */
import type { HealthAction } from "@podwright/spec/engine-api/health";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { SIGKILL } from "../signal-run.ts";
import { endForHealth } from "./ends-for-health.ts";

export async function actOnHealth(
  ctx: ContainerContext,
  { config: { id }, state: { run } }: ContainerRecord,
  { action, wasStartup }: { readonly action: HealthAction; readonly wasStartup: boolean },
): Promise<void> {
  try {
    switch (action) {
      case "none":
        return;
      case "kill":
        return await (await import("../kill.ts")).killContainer(ctx, id, SIGKILL);
      case "stop":
        return await (await import("../stop.ts")).stopContainer(ctx, id, {});
      case "restart":
        return await (await import("../stop.ts")).stopContainer(ctx, id, {
          endedFor: endForHealth(wasStartup),
          ...(run?.pid === undefined ? {} : { run: run.pid.startTime }),
        });
      default:
        return action satisfies never;
    }
  } catch (error) {
    // It has ended by itself, or somebody has stopped or removed it: there is nothing left to do.
    const over = ["CONTAINER_NOT_FOUND", "CONTAINER_STATE_IMPROPER", "CONTAINER_MONITOR_FAILED"] as const;
    if (!isEngineError(error, ...over)) throw error;
  }
}
