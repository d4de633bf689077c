/** `pod wait`: until pods are ready, or have stopped for good. */
import type { PodCondition, PodWaitOptions } from "@podwright/spec/engine-api/pods";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { type FSWatcher, watch } from "node:fs";
import { sleep } from "../base/sleep.ts";
import type { PodContext } from "./context.ts";
import { isPodPending } from "./jobs/is-pod-pending.ts";
import { type Outlook, podOutlook } from "./outlook.ts";
import { membersOf } from "./select.ts";
import { isRestartDue } from "../container/restart-due.ts";

/** Milliseconds between looks: results of probes and ends of containers are announced, starts are not. */
const PAUSE = 500;
/** What leaves no hope has to last that long: a restart by hand looks the same for a moment. */
const GRACE = 1500;

export interface WaitForPods extends PodWaitOptions {
  readonly signal?: AbortSignal;
}

/**
 * In the order of the names, what each has met.
 * @throws POD_NOT_FOUND, POD_NOT_READY when one ends instead of getting ready, POD_WAIT_TIMED_OUT
 */
export async function waitForPods(
  ctx: PodContext,
  names: readonly string[],
  options: WaitForPods,
): Promise<PodCondition[]> {
  const ids = names.flatMap((name) => idOf(ctx, name, options.ignore) ?? []);
  const over = new AbortController();
  const timer = options.timeout === undefined ? undefined : setTimeout(() => over.abort(), options.timeout);
  const signals = [over.signal, ...(options.signal === undefined ? [] : [options.signal])];
  using news = new News(ctx, AbortSignal.any(signals));
  try {
    const met = await Promise.all(ids.map((id) => waitForOne(ctx, id, options, news)));
    return met.flatMap((condition) => condition ?? []);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

function idOf(ctx: PodContext, name: string, ignore: boolean): string | undefined {
  try {
    return ctx.store.pods.find(name).config.id;
  } catch (error) {
    if (ignore && isEngineError(error, "POD_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Undefined for one that was removed, where that is no failure. */
async function waitForOne(
  ctx: PodContext,
  id: string,
  { conditions, ignore, timeout, signal }: WaitForPods,
  news: News,
): Promise<PodCondition | undefined> {
  const name = ctx.store.pods.get(id)?.config.name ?? id;
  let hopelessSince: number | undefined;
  for (;;) {
    const outlook = await look(ctx, id);
    if (outlook === undefined) {
      if (conditions.includes("stopped")) return "stopped";
      if (ignore) return undefined;
      throw new EngineError("POD_NOT_FOUND", `pod ${name} was removed: no such pod`);
    }
    const met = conditions.find((condition) => outlook.met.includes(condition));
    if (met !== undefined) return met;
    hopelessSince = outlook.hopeless === undefined ? undefined : (hopelessSince ?? performance.now());
    if (hopelessSince !== undefined && performance.now() - hopelessSince > GRACE && onlyReady(conditions)) {
      throw new EngineError("POD_NOT_READY", `pod ${name} will not be ready: ${outlook.hopeless ?? ""}`);
    }
    if (news.over) {
      signal?.throwIfAborted();
      const seconds = (timeout ?? 0) / 1000;
      throw new EngineError(
        "POD_WAIT_TIMED_OUT",
        `pod ${name} is not ${conditions.join(" or ")} after ${seconds} seconds`,
      );
    }
    await news.next();
  }
}

/** Who waits for the end too gets it. */
function onlyReady(conditions: readonly PodCondition[]): boolean {
  return conditions.every((condition) => condition === "ready");
}

/** Undefined when it is gone. */
async function look(ctx: PodContext, id: string): Promise<Outlook | undefined> {
  const members = await membersOf(ctx, id);
  const pod = ctx.store.pods.get(id);
  if (pod === undefined || pod.phase === "removing") return undefined;
  const waited = members.flatMap(({ id: member, name, status, ready, exitCode }) => {
    const record = ctx.store.containers.get(member);
    if (record === undefined) return [];
    const { initContainer: role } = record.config;
    const restartDue = isRestartDue(record.state);
    return [{ name, status, ready, exitCode, restartDue, ...(role === undefined ? {} : { role }) }];
  });
  return podOutlook(waited, { pending: isPodPending(ctx.store, pod) });
}

/** Tells of something new in the directories of probe results and of ends, or that a while has passed. */
class News implements Disposable {
  readonly #watchers: FSWatcher[];
  readonly #signal: AbortSignal;
  #rung = new AbortController();

  constructor({ settings }: PodContext, signal: AbortSignal) {
    this.#signal = signal;
    this.#watchers = ["watched", "exits"].flatMap((name) => {
      try {
        return [watch(`${settings.runRoot}/${name}`, () => this.#ring())];
      } catch {
        // Not there yet, or no watches are left: then the pause has to do.
        return [];
      }
    });
  }

  get over(): boolean {
    return this.#signal.aborted;
  }

  async next(): Promise<void> {
    const rung = this.#rung;
    await sleep(PAUSE, AbortSignal.any([this.#signal, rung.signal]));
    if (rung.signal.aborted && this.#rung === rung) this.#rung = new AbortController();
  }

  #ring(): void {
    this.#rung.abort();
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}
