/** Starts the pods of a play, all at once: they may wait for one another. */
import { logLines } from "@podwright/spec/values/log-batch";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { startLock } from "../pod/select.ts";
import type { Play } from "./play-at-work.ts";
import { startedPods } from "./plan/jobs.ts";
import { at, playFailure } from "./play-failure.ts";
import type { PlannedPod } from "./play-plan.ts";
import { takeBackPods } from "./take-back.ts";

/** Lines of a failed container's log that its failure shows. */
const LOG_LINES = 10;

/**
 * The first failure (or the signal) ends the others' starts, by taking the pods away: an init container may wait for
 * the very pod that failed.
 * @throws KUBE_PLAY_FAILED
 */
export async function startAll(play: Play): Promise<void> {
  const { plan, options } = play;
  const interrupted = abortion(options.signal);
  const starts = startedPods(plan).map((pod) => startOne(play, pod));
  try {
    await Promise.race([Promise.all(starts), interrupted.promise]);
  } catch (error) {
    await takeBackStarting(play, starts);
    throw error;
  } finally {
    interrupted.stop();
  }
}

/** Twice: a start that was under way may have brought something up in between. */
async function takeBackStarting({ ctx, plan }: Play, starts: readonly Promise<void>[]): Promise<void> {
  const ids = plan.pods.map(({ request }) => request.id);
  await takeBackPods(ctx, ids);
  await Promise.allSettled(starts);
  await takeBackPods(ctx, ids);
  // The starts held them while their pods went.
  for (const id of ids) {
    using held = ctx.locks.tryAcquire(startLock(id));
    if (held !== undefined) ctx.locks.forget(startLock(id));
  }
}

function abortion(signal: AbortSignal | undefined): {
  readonly promise: Promise<never>;
  readonly stop: () => void;
} {
  let listener = (): void => {};
  const promise = new Promise<never>((_resolve, reject) => {
    listener = () => reject(signal?.reason as Error);
    signal?.addEventListener("abort", listener, { once: true });
    if (signal?.aborted === true) listener();
  });
  return { promise, stop: () => signal?.removeEventListener("abort", listener) };
}

async function startOne(play: Play, pod: PlannedPod): Promise<void> {
  const { id, name } = pod.request;
  const place = { object: pod.object, path: ["metadata", "name"] };
  const [outcome] = await at(place, `start pod ${name}`, async () =>
    (await play.ctx.pods()).start({ names: [id], all: false }),
  );
  if (outcome?.error !== undefined) throw await startFailure(play, pod, outcome);
}

async function startFailure(play: Play, pod: PlannedPod, outcome: PodOutcome): Promise<Error> {
  const { object, request, containers } = pod;
  const record = play.ctx.store.pods.get(request.id);
  if (record === undefined || record.phase === "removing") {
    const place = { object, path: ["metadata", "name"] };
    return playFailure(`start pod ${request.name}`, place, new Error("another command removes it"));
  }
  const ids = play.containers.get(request.id) ?? [];
  const failed = failedMember(outcome, ids);
  const container = failed === undefined ? undefined : containers[ids.indexOf(failed.id)];
  if (failed === undefined || container === undefined) {
    const place = {
      object,
      path: portsFailed(outcome.error) ? ["spec", "containers"] : ["metadata", "name"],
    };
    return playFailure(`start pod ${request.name}`, place, outcome.error);
  }
  const init = container.request.initContainer === undefined ? "" : "init ";
  const action = `start ${init}container ${container.request.name ?? ""} of pod ${request.name}`;
  // Its message names the container and has the end of its log.
  if (isEngineError(failed.error, "POD_INIT_FAILED")) {
    return playFailure(`start pod ${request.name}`, { object, path: container.path }, failed.error);
  }
  const log = await lastLines(play, failed.id);
  return playFailure(action, { object, path: container.path }, failed.error, { log });
}

/** A failed init container ends the pod's start, before there are outcomes of members. */
function failedMember(
  { error, memberErrors }: PodOutcome,
  ids: readonly string[],
): { readonly id: string; readonly error: Error } | undefined {
  const init = isEngineError(error) ? error.details["container"] : undefined;
  if (error !== undefined && typeof init === "string" && ids.includes(init)) return { id: init, error };
  return memberErrors.find(({ id }) => ids.includes(id));
}

function portsFailed(error: Error | undefined): boolean {
  return isEngineError(error, "PORT_IN_USE");
}

/** Nothing where it never ran, or its log cannot be read back. */
async function lastLines({ ctx }: Play, id: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    const options = { follow: false, tail: LOG_LINES };
    for await (const batch of (await ctx.containers()).logs([id], options)) {
      for (const { text } of logLines(batch)) lines.push(Buffer.from(text).toString("utf8").trimEnd());
    }
  } catch (error) {
    if (!isEngineError(error)) throw error;
  }
  return lines;
}
