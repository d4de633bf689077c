/** Waits for a container's start-up probe, which it makes itself: for whoever starts something that comes after. */
import { sleep } from "../../base/sleep.ts";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { ContainerContext } from "../context.ts";
import { finishRun } from "../finish.ts";
import { waitForEnd } from "../wait-end.ts";
import { probeDue, startupLock } from "./machine.ts";
import { makeProbe } from "./make-probe.ts";
import { probesState } from "./probes-state.ts";

/** Undefined once it has passed, or where there is none; else why the container is not going to be started. */
export async function awaitStartup(
  ctx: ContainerContext,
  id: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const record = ctx.store.containers.get(id);
  if (record?.config.probes?.startup === undefined) return undefined;
  using _lock = await ctx.locks.acquire(startupLock(id), signal === undefined ? {} : { signal });
  const over = new AbortController();
  try {
    const ended = waitForEnd(ctx, record, over.signal);
    return await Promise.race([
      probeUntilDecided(ctx, record, over.signal),
      ended.then(() => endOf(ctx, id)),
    ]);
  } finally {
    over.abort();
    ctx.locks.forget(startupLock(id));
  }
}

async function probeUntilDecided(
  ctx: ContainerContext,
  record: ContainerRecord,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { probes = {} } = record.config;
  const startedAt = record.state.run?.startedAt ?? ctx.clock.now();
  let lastAt: number | undefined;
  for (;;) {
    const times = { startedAt, ...(lastAt === undefined ? {} : { lastAt }) };
    const due = probeDue("startup", probes, probesState(ctx, record), times);
    if (due === undefined) break;
    await sleep(Math.max(0, due - ctx.clock.now()), signal);
    lastAt = ctx.clock.now();
    if ((await makeProbe(ctx, record, "startup", signal)) === undefined) {
      // It has ended: the other side of the race says how. Or somebody else is ending it.
      return new Promise((resolve) => setTimeout(() => resolve("it is being stopped"), 5000).unref());
    }
  }
  const { startup } = probesState(ctx, record);
  return startup?.passed === true ? undefined : `its startup probe failed: ${startup?.message ?? ""}`;
}

async function endOf(ctx: ContainerContext, id: string): Promise<string> {
  const exit = await finishRun(ctx, id);
  const code = exit === undefined ? "" : ` with code ${exit.exitCode}`;
  return `it ended${code} before its startup probe had passed`;
}
