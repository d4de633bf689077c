/** `ps`: all containers as rows, by one query on the store and a few reads of /proc. */
import type { ContainerSummary, ListContainersOptions } from "@podwright/spec/engine-api/containers";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import { type Candidate, containerTests, hasExited } from "./filters.ts";
import { joinedNetworks } from "./joined-networks.ts";
import { publishedPorts } from "./published-ports.ts";
import { isReadyNow } from "./probes/probes-state.ts";
import { infraBeside, statusNow } from "./status-now.ts";
import type { ContainerNow, ContainerViewContext } from "./view-context.ts";
import { isRestartDue } from "./restart-due.ts";

/** In order of creation. @throws VALUE_INVALID for a filter that is none */
export function listContainers(
  ctx: ContainerViewContext,
  options: ListContainersOptions,
): ContainerSummary[] {
  const tests = containerTests(options.filters, ctx);
  const last = options.last ?? 0;
  // As in Docker, a status that is asked for is looked for among all containers.
  if (!options.all && last <= 0 && options.filters["status"] === undefined) {
    // What its policy is about to start again is up, to its user.
    tests.push(({ record, now }) => now.status === "running" || isRestartDue(record.state));
  }
  const shown = candidates(ctx, options).filter((candidate) => tests.every((test) => test(candidate)));
  const kept = last > 0 ? newest(shown, last) : shown;
  return kept.map((candidate) => summarize(ctx, candidate, options));
}

function newest(shown: readonly Candidate[], count: number): Candidate[] {
  return [...shown].sort((a, b) => a.record.config.created - b.record.config.created).slice(-count);
}

function candidates(ctx: ContainerViewContext, options: ListContainersOptions): Candidate[] {
  const only = onePod(ctx, options);
  const records = ctx.store.containers.list(only === undefined ? {} : { podId: only.config.id });
  const anyInPod = records.some((record) => record.config.podId !== "");
  const inPods = only === undefined && anyInPod ? ctx.store.pods.list() : [];
  const pods = new Map([...inPods, ...(only === undefined ? [] : [only])].map((pod) => [pod.config.id, pod]));
  const all = records.map((record) => new LazyCandidate(ctx, record, pods.get(record.config.podId)));
  if (records.some(isPaused)) for (const candidate of all) candidate.others = pausedBeside(candidate, all);
  return all;
}

/** Verbs on pods ask for the members of one: they are found without reading all that there is. */
function onePod(ctx: ContainerViewContext, { filters }: ListContainersOptions): PodRecord | undefined {
  const [value, ...more] = filters["pod"] ?? [];
  return value === undefined || more.length > 0 ? undefined : ctx.store.pods.get(value);
}

/** The others of an infra record's pod, where one of them may be paused. */
function pausedBeside(infra: Candidate, all: readonly LazyCandidate[]): readonly LazyCandidate[] {
  const { infra: isInfra, podId } = infra.record.config;
  if (!isInfra) return [];
  const others = all.filter(({ record: { config } }) => config.podId === podId && !config.infra);
  return others.some(({ record }) => isPaused(record)) ? others : [];
}

function isPaused({ state }: ContainerRecord): boolean {
  return state.run?.paused === true;
}

/** Reads /proc only for containers that the filters on stored facts have not ruled out. */
class LazyCandidate implements Candidate {
  readonly #ctx: ContainerViewContext;
  readonly record: ContainerRecord;
  readonly pod: PodRecord | undefined;
  others: readonly LazyCandidate[] = [];
  #now: ContainerNow | undefined;

  constructor(ctx: ContainerViewContext, record: ContainerRecord, pod: PodRecord | undefined) {
    this.#ctx = ctx;
    this.record = record;
    this.pod = pod;
  }

  get now(): ContainerNow {
    this.#now ??= this.#look();
    return this.#now;
  }

  #look(): ContainerNow {
    const now = statusNow(this.#ctx, this.record, this.pod);
    if (this.others.length === 0) return now;
    return {
      ...now,
      status: infraBeside(
        now.status,
        this.others.map((other) => other.now.status),
      ),
    };
  }
}

function summarize(
  ctx: ContainerViewContext,
  { record, pod, now }: Candidate,
  options: ListContainersOptions,
): ContainerSummary {
  const { config } = record;
  const namespaces = options.namespaces && now.pid > 0 ? ctx.namespaceIds(now.pid) : undefined;
  return {
    id: config.id,
    name: config.name,
    image: config.image.name,
    imageId: config.image.id,
    command: config.process.command,
    created: config.created,
    startedAt: now.startedAt,
    exitedAt: now.exitedAt,
    exitCode: hasExited(now) ? now.exitCode : 0,
    exited: hasExited(now),
    status: now.status,
    health: now.health,
    pid: now.pid,
    isInfra: config.infra,
    podId: config.podId,
    podName: pod?.config.name ?? "",
    labels: config.labels,
    annotations: config.annotations,
    mounts: config.mounts.map((mount) => mount.destination),
    networks: joinedNetworks(record, pod),
    ports: publishedPorts(record, pod, ctx.store.containers),
    exposedPorts: config.network.exposed,
    autoRemove: config.autoRemove,
    cidFile: config.cidFile,
    restarts: record.state.restarts,
    ready: config.infra ? now.status === "running" : isReadyNow(ctx, record, now.status),
    ...(record.state.backOff?.restartAt === undefined ? {} : { restartAt: record.state.backOff.restartAt }),
    ...(now.withMachine === true ? { withMachine: true } : {}),
    ...(options.size ? { size: containerSize(ctx, record) } : {}),
    ...(namespaces === undefined ? {} : { namespaces }),
  };
}

/** What the image weighs, and what the container has written above it. */
export function containerSize(
  ctx: ContainerViewContext,
  record: ContainerRecord,
): { readonly rootFs: number; readonly rw: number } {
  const image = record.config.image.id === "" ? undefined : ctx.store.images.get(record.config.image.id);
  const { upper } = ctx.places(record);
  return { rootFs: image?.size ?? 0, rw: upper === "" ? 0 : ctx.treeSize(upper) };
}
