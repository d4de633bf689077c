/** `stats`: what containers use of the machine, reading after reading. */
import type { Selection } from "@podwright/spec/engine-api/containers";
import type { ContainerUsage, StatsOptions } from "@podwright/spec/engine-api/usage";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { invalidValue } from "@podwright/spec/values/value-error";
import { sleep } from "../base/sleep.ts";
import { statusNow } from "../container/status-now.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { UsageContext } from "./context.ts";
import { readNetwork } from "./network.ts";

/** @throws CONTAINER_NOT_FOUND, CONTAINER_INVALID for one that was named and has no cgroup */
export async function* containerStats(
  ctx: UsageContext,
  selection: Selection,
  options: StatsOptions,
  signal?: AbortSignal,
): AsyncGenerator<readonly ContainerUsage[]> {
  if (!(options.interval >= 1000)) {
    throw invalidValue("invalid interval, must be a positive number greater zero");
  }
  const choose = (): ContainerRecord[] => chooseContainers(ctx, selection, options);
  yield* readings(ctx, choose, { ...options, ...(signal === undefined ? {} : { signal }) });
}

/** @throws POD_NOT_FOUND */
export async function* podStats(
  ctx: UsageContext,
  selection: Selection,
  options: StatsOptions,
  signal?: AbortSignal,
): AsyncGenerator<readonly ContainerUsage[]> {
  const choose = (): ContainerRecord[] => choosePods(ctx, selection).flatMap((pod) => membersOf(ctx, pod));
  yield* readings(ctx, choose, { ...options, ...(signal === undefined ? {} : { signal }) });
}

async function* readings(
  ctx: UsageContext,
  choose: () => ContainerRecord[],
  options: StatsOptions & { readonly signal?: AbortSignal },
): AsyncGenerator<readonly ContainerUsage[]> {
  let before = new Map<string, ContainerUsage>();
  while (options.signal?.aborted !== true) {
    const rows = choose().map((record) => readUsage(ctx, record, before.get(record.config.id)));
    yield rows;
    if (!options.stream) return;
    before = new Map(rows.map((row) => [row.id, row]));
    await sleep(options.interval, options.signal);
  }
}

function chooseContainers(
  ctx: UsageContext,
  { names, all }: Selection,
  options: StatsOptions,
): ContainerRecord[] {
  requireCgroups(ctx);
  if (names.length > 0) {
    const records = names.map((name) => findNamed(ctx, name));
    for (const { config } of records) {
      if (config.cgroups !== "disabled") continue;
      throw new EngineError(
        "CONTAINER_INVALID",
        `cannot run top on container ${config.id} as it did not create a cgroup: this container does not have a cgroup`,
      );
    }
    return records;
  }
  // Infra has no process that could use anything.
  const counted = ctx.store.containers
    .list()
    .filter(({ config }) => !config.infra && config.cgroups !== "disabled");
  return all || options.all ? counted : counted.filter((record) => isUp(ctx, record));
}

function findNamed(ctx: UsageContext, name: string): ContainerRecord {
  try {
    return ctx.store.containers.find(name);
  } catch (cause) {
    if (!isEngineError(cause, "CONTAINER_NOT_FOUND")) throw cause;
    const { code, message, details } = cause;
    throw new EngineError(code, `unable to get list of containers: ${message}`, { cause, details });
  }
}

function choosePods(ctx: UsageContext, { names }: Selection): PodRecord[] {
  requireCgroups(ctx);
  if (names.length === 0) return ctx.store.pods.list();
  return names.map((name) => {
    try {
      return ctx.store.pods.find(name);
    } catch (cause) {
      if (!isEngineError(cause, "POD_NOT_FOUND")) throw cause;
      const { code, message, details } = cause;
      throw new EngineError(code, `unable to get list of pods: ${message}`, { cause, details });
    }
  });
}

function membersOf(ctx: UsageContext, pod: PodRecord): ContainerRecord[] {
  return ctx.store.containers
    .list({ podId: pod.config.id })
    .filter(({ config }) => !config.infra && config.cgroups !== "disabled");
}

function isUp(ctx: UsageContext, record: ContainerRecord): boolean {
  const { status } = statusNow(ctx.views, record, undefined);
  return status === "running" || status === "paused" || status === "stopping";
}

/** `before` is its reading before this one, in the same stream. */
function readUsage(
  ctx: UsageContext,
  record: ContainerRecord,
  before: ContainerUsage | undefined,
): ContainerUsage {
  const { config } = record;
  const pod = config.podId === "" ? undefined : ctx.store.pods.get(config.podId);
  const now = statusNow(ctx.views, record, pod);
  const at = ctx.clock.now();
  const who = {
    id: config.id,
    name: config.name,
    podId: config.podId,
    podName: pod?.config.name ?? "",
    at,
    startedAt: now.startedAt,
  };
  const runs = now.status === "running" || now.status === "paused" || now.status === "stopping";
  if (!runs) return { ...who, ...NOTHING };
  const network = readNetwork(ctx, record, now.pid);
  const used = config.infra ? undefined : ctx.cgroups.usage(ctx.views.places(record).cgroup);
  if (used === undefined) return { ...who, ...NOTHING, ...network };
  const machine = ctx.machineMemory();
  const memoryLimit = Math.min(used.memoryLimit ?? machine, machine);
  // Less than before: it was started again meanwhile, in a cgroup that counts from nothing.
  const since =
    before !== undefined && before.cpuNanoseconds <= used.cpuNanoseconds && before.startedAt === now.startedAt
      ? { at: before.at, cpu: before.cpuNanoseconds }
      : { at: now.startedAt, cpu: 0 };
  return {
    ...who,
    ...network,
    cpuNanoseconds: used.cpuNanoseconds,
    cpuSystemNanoseconds: used.cpuSystemNanoseconds,
    cpuPercent: percentOf(used.cpuNanoseconds - since.cpu, at - since.at),
    averageCpuPercent: percentOf(used.cpuNanoseconds, at - now.startedAt),
    memory: used.memory,
    memoryLimit,
    memoryPercent: memoryLimit > 0 ? (used.memory / memoryLimit) * 100 : 0,
    blockInput: used.blockInput,
    blockOutput: used.blockOutput,
    pids: used.pids,
  };
}

const NOTHING = {
  cpuNanoseconds: 0,
  cpuSystemNanoseconds: 0,
  cpuPercent: 0,
  averageCpuPercent: 0,
  memory: 0,
  memoryLimit: 0,
  memoryPercent: 0,
  netInput: 0,
  netOutput: 0,
  blockInput: 0,
  blockOutput: 0,
  pids: 0,
} as const;

function percentOf(cpuNanoseconds: number, milliseconds: number): number {
  return milliseconds > 0 && cpuNanoseconds > 0 ? (cpuNanoseconds / (milliseconds * 1e6)) * 100 : 0;
}

/** @throws CGROUP_NOT_DELEGATED */
function requireCgroups({ hasCgroups }: UsageContext): void {
  if (hasCgroups) return;
  throw new EngineError(
    "CGROUP_NOT_DELEGATED",
    "stats is not supported in rootless mode without cgroups v2",
    {
      hint: "what a container uses is counted by its cgroup, and none was delegated to this user",
    },
  );
}
