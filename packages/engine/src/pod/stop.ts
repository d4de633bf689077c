/** `pod stop`, `pod kill`, `pod restart`: members side by side, then the sandbox goes down with them. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection, StopOptions } from "@podwright/spec/engine-api/containers";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { containerEvent } from "../container/container-event.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";
import { podEvent } from "./pod-event.ts";
import { dropSandbox } from "./sandbox.ts";
import {
  collectMemberErrors,
  firstError,
  forEachPod,
  isOpen,
  isPaused,
  isRunning,
  membersOf,
  rolesOf,
} from "./select.ts";
import { startPod } from "./start.ts";
import { tellStop } from "./tell-stop.ts";

/** With `ignore`, an unknown pod is no failure. */
export async function stopPods(
  ctx: PodContext,
  selection: Selection,
  options: StopOptions,
): Promise<PodOutcome[]> {
  const outcomes = await forEachPod(ctx, selection, (record) => stopPod(ctx, record, options));
  return options.ignore ? outcomes.filter((outcome) => !isUnknownPod(outcome.error)) : outcomes;
}

export async function stopPod(
  ctx: PodContext,
  record: PodRecord,
  options: StopOptions,
): Promise<Omit<PodOutcome, "input">> {
  const { id } = record.config;
  const members = (await membersOf(ctx, id)).filter(isOpen);
  tellStop(ctx, id);
  const paused = members.filter(isPaused);
  const awake = members.filter((member) => !isPaused(member)).map((member) => member.id);
  const memberErrors = collectMemberErrors(await stopMembers(ctx, id, { ...options, awake }));
  // As in Podman paused members stay as they are, without an error; there it goes without a word.
  if (paused.length > 0) {
    ctx.log.warn(
      `pod ${record.config.name} has paused containers, which stay: unpause it before it is stopped`,
    );
  }
  // A member that could not be stopped still needs its network.
  else if (memberErrors.length === 0) await dropSandbox(ctx, id);
  return { id, memberErrors, ...firstError(memberErrors) };
}

/** Side by side; then the sidecars, which have been there before the others and serve them to their end. */
async function stopMembers(
  ctx: PodContext,
  podId: string,
  { awake: running, ...options }: StopOptions & { readonly awake: readonly string[] },
): Promise<Outcome[]> {
  if (running.length === 0) return [];
  const roles = rolesOf(ctx, podId);
  const sidecars = running.filter((id) => roles.get(id) === "sidecar");
  const others = running.filter((id) => !sidecars.includes(id));
  const containers = await ctx.containers();
  const stopped =
    others.length === 0
      ? []
      : await containers.stop({ names: others, all: false }, { ...options, ignore: true });
  if (sidecars.length === 0) return stopped;
  const { stopInReverse } = await import("./init-containers.ts");
  return [...stopped, ...(await stopInReverse(ctx, sidecars, options))];
}

export function restartPods(ctx: PodContext, selection: Selection): Promise<PodOutcome[]> {
  return forEachPod(ctx, selection, async (record) => {
    tellOfRestart(ctx, record);
    const stopped = await stopPod(ctx, record, { ignore: true });
    return stopped.error === undefined ? startPod(ctx, record, { leave: "paused" }) : stopped;
  });
}

function tellOfRestart(ctx: PodContext, { config: { id } }: PodRecord): void {
  const members = ctx.store.containers.list({ podId: id }).filter(({ config }) => !config.infra);
  for (const { config } of members) ctx.events.write(containerEvent(config, "restart"));
}

const KILL = new Set(["KILL", "SIGKILL", "9"]);

/** @throws CONTAINER_INVALID for an unknown signal, before any pod is looked up */
export async function killPods(ctx: PodContext, selection: Selection, signal: string): Promise<PodOutcome[]> {
  const containers = await ctx.containers();
  await containers.kill({ names: [], all: false }, signal);
  return forEachPod(ctx, selection, async (record) => {
    const { id, name } = record.config;
    const running = (await membersOf(ctx, id)).filter(isRunning).map((member) => member.id);
    if (running.length === 0 && ctx.store.pods.get(id)?.state.sandbox === undefined) {
      throw new EngineError(
        "POD_STATE_IMPROPER",
        `cannot kill pod ${name}: no container of it is running: container state improper`,
      );
    }
    ctx.events.write(podEvent(record.config, "kill"));
    const killed = running.length === 0 ? [] : await containers.kill({ names: running, all: false }, signal);
    const memberErrors = collectMemberErrors(killed);
    if (KILL.has(signal.toUpperCase()) && memberErrors.length === 0) {
      if (running.length > 0) await containers.wait(running, ANY_END);
      // Those whose policy is about to start them again have no process that a signal could reach.
      const waiting = (await membersOf(ctx, id)).filter(isOpen).map((member) => member.id);
      if (waiting.length > 0) await containers.stop({ names: waiting, all: false }, { ignore: true });
      await dropSandbox(ctx, id);
    }
    return { id, memberErrors, ...firstError(memberErrors) };
  });
}

const ANY_END = { conditions: ["stopped", "exited"], ignore: true, exitFirstMatch: false };

export function isUnknownPod(error: Error | undefined): boolean {
  return error instanceof EngineError && error.code === "POD_NOT_FOUND";
}
