/** Events of a pod's infra container: of the record that users know, whose run is that of the sandbox. */
import type { EventStatus } from "@podwright/spec/engine-api/events";
import { containerEvent } from "../container/container-event.ts";
import type { PodConfig } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";

type Told = Extract<EventStatus, "create" | "init" | "start" | "died" | "cleanup">;

/** For a pod without one nothing is told. */
export function tellOfInfra(
  ctx: Pick<PodContext, "events" | "store">,
  { infraId }: PodConfig,
  ...statuses: readonly Told[]
): void {
  const record = infraId === "" ? undefined : ctx.store.containers.get(infraId);
  if (record === undefined) return;
  for (const status of statuses) {
    // It has nothing that could fail.
    const more = status === "died" ? { exitCode: 0 } : {};
    ctx.events.write(containerEvent(record.config, status, more));
  }
}
