/** `container prune`: removes containers that do not run and that no pod has. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { PruneOutcome } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { matchesLabels, untilFilter } from "@podwright/spec/values/filter";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { containerDiskSize } from "./disk-size.ts";
import { statusOf } from "./facts.ts";
import { hasProcess } from "./lifecycle.ts";
import { removeContainer } from "./remove.ts";
import { fewAtOnce } from "./select.ts";
import { isRestartDue } from "./restart-due.ts";

const REMOVE = { force: false, ignore: true, volumes: false, depend: false };

/** @throws VALUE_INVALID for a filter that is none */
export async function pruneContainers(ctx: ContainerContext, filters: Filters): Promise<PruneOutcome[]> {
  const tests = Object.entries(filters).map(([key, values]) => testOf(ctx, key, values));
  const sizes = new Map<string, number>();
  const doomed = ctx.store.containers
    .list()
    .filter((record) => isUnused(ctx, record) && tests.every((test) => test(record)))
    .map(({ config: { id } }) => ({ input: id, id }));
  const outcomes = await fewAtOnce(doomed, async ({ id }) => {
    const record = ctx.store.containers.get(id);
    if (record === undefined) return;
    const size = containerDiskSize(ctx, record.config);
    await removeContainer(ctx, id, REMOVE);
    sizes.set(id, size);
  });
  return outcomes
    .filter(({ error }) => !isBackToLife(error))
    .map((outcome) => ({ ...outcome, size: sizes.get(outcome.id ?? "") ?? 0 }));
}

/** Somebody has started it since we chose it, or its policy is about to: then it is no longer one to prune. */
export function isBackToLife(error: Error | undefined): boolean {
  return isEngineError(error, "CONTAINER_RUNNING", "POD_STATE_IMPROPER");
}

/** What waits to be restarted is not over, whatever the kernel says of it. */
function isUnused(ctx: ContainerContext, record: ContainerRecord): boolean {
  const { config, state, phase } = record;
  if (config.podId !== "" || config.infra || phase !== "ready") return false;
  if (isRestartDue(state)) return false;
  const status = statusOf(ctx, record);
  return !hasProcess(status) || status === "created";
}

type Test = (record: ContainerRecord) => boolean;

function testOf(ctx: ContainerContext, key: string, values: readonly string[]): Test {
  switch (key) {
    case "label":
      return ({ config }) => matchesLabels(config.labels, values);
    case "label!":
      return ({ config }) => !matchesLabels(config.labels, values);
    case "until": {
      const limit = untilFilter(values, ctx.clock.now());
      return ({ config }) => config.created < limit;
    }
    default:
      throw new EngineError("VALUE_INVALID", `${key} is an invalid filter`);
  }
}
