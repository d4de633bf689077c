/** What is known of a container's health: of its present run, or of the last one. */
import type { HealthRequest } from "@podwright/spec/engine-api/health";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { HealthState, WatchStates } from "../../ports/watch-states.ts";
import { initialHealth } from "./next-state.ts";

/** Undefined where there is nothing to check. */
export function checkOf({ config: { health } }: ContainerRecord): HealthRequest | undefined {
  return health === undefined || health === "none" || health.test[0] === "NONE" ? undefined : health;
}

/** Undefined of a container without a check, and of one that never ran in this boot. */
export function healthNow(
  ctx: { readonly watchStates: Pick<WatchStates, "read">; readonly processes: { readonly bootId: string } },
  record: ContainerRecord,
): HealthState | undefined {
  const check = checkOf(record);
  const { run } = record.state;
  if (check === undefined || run?.pid === undefined || run.bootId !== ctx.processes.bootId) return undefined;
  return healthOfRun(ctx, record, check);
}

/** Of a run of this boot. */
export function healthOfRun(
  { watchStates }: { readonly watchStates: Pick<WatchStates, "read"> },
  { config, state }: ContainerRecord,
  check: HealthRequest,
): HealthState {
  const known = watchStates.read(config.id);
  const isOfThisRun = known !== undefined && known.run === state.run?.pid?.startTime;
  return (isOfThisRun ? known.health : undefined) ?? initialHealth(check);
}
