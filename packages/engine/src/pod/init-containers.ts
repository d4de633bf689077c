/** Init containers of a pod that comes up: one after the other, each to its end; sidecars stay. */
import { logLines } from "@podwright/spec/values/log-batch";
import type { ContainerSummary, InitKind } from "@podwright/spec/engine-api/containers";
import type { Outcome } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PodContext } from "./context.ts";
import { dropSandbox } from "./sandbox.ts";
import { isRunning, isUp, membersOf } from "./select.ts";
import { throwFirst } from "../base/outcomes.ts";

/** Lines of its log that tell why an init container has failed. */
const LAST_LINES = 5;

export interface StartingPod {
  readonly id: string;
  readonly name: string;
  readonly members: readonly ContainerSummary[];
  readonly roles: ReadonlyMap<string, InitKind>;
}

/**
 * In order of creation. Those that run to their end are left out where a container of the pod runs already: the
 * pod has been through them. Sidecars that were started go again when a later one fails.
 * @throws POD_INIT_FAILED, or what a start throws
 */
export async function runInitContainers(ctx: PodContext, pod: StartingPod): Promise<void> {
  const { members, roles } = pod;
  const isUnderWay = members.some((member) => !roles.has(member.id) && isUp(member));
  const sidecars: string[] = [];
  try {
    for (const member of members) {
      const role = roles.get(member.id);
      if (role === undefined) continue;
      if (role !== "sidecar") {
        if (!isUnderWay) await runToEnd(ctx, pod, { member, role });
      } else {
        if (!isRunning(member)) {
          sidecars.push(member.id);
          await start(ctx, member.id);
        }
        await awaitSidecar(ctx, pod, member);
      }
    }
  } catch (error) {
    await takeBack(ctx, pod.id, sidecars);
    throw error;
  }
}

/** What comes after it may rely on it: it has started once its startup probe has passed. */
async function awaitSidecar(
  ctx: PodContext,
  pod: StartingPod,
  { id, name }: ContainerSummary,
): Promise<void> {
  if (ctx.store.containers.get(id)?.config.probes?.startup === undefined) return;
  ctx.log.info(`waiting for the startup probe of ${name}`);
  const failure = await ctx.awaitStartup(id);
  if (failure === undefined) return;
  const lines = await lastLines(ctx, id);
  const said = lines === "" ? "" : ` (its log ends with: ${lines})`;
  throw new EngineError(
    "POD_INIT_FAILED",
    `sidecar container ${name} of pod ${pod.name} did not start: ${failure}${said}`,
    { details: { container: id } },
  );
}

async function runToEnd(
  ctx: PodContext,
  pod: StartingPod,
  { member: { id, name }, role }: { readonly member: ContainerSummary; readonly role: "once" | "always" },
): Promise<void> {
  const containers = await ctx.containers();
  await start(ctx, id);
  const [end] = await containers.wait([id], { conditions: [], ignore: false, exitFirstMatch: false });
  const exitCode = end?.exitCode ?? 0;
  if (exitCode !== 0) {
    const lines = await lastLines(ctx, id);
    const said = lines === "" ? "" : `: ${lines}`;
    throw new EngineError(
      "POD_INIT_FAILED",
      `init container ${name} of pod ${pod.name} exited with code ${exitCode}${said}`,
      { details: { container: id, exitCode } },
    );
  }
  if (role !== "once") return;
  const options = { force: false, ignore: true, volumes: true, depend: false };
  throwFirst(await containers.remove({ names: [id], all: false }, options));
}

/** Its failure says which of them it was: the caller sees the pod's outcome. */
async function start(ctx: PodContext, id: string): Promise<void> {
  const containers = await ctx.containers();
  for (const { error } of await containers.start({ names: [id], all: false })) {
    if (error === undefined) continue;
    if (!(error instanceof EngineError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    const details = { ...error.details, container: id };
    throw new EngineError(error.code, error.message, { cause: error, details, ...hint });
  }
}

async function lastLines(ctx: PodContext, id: string): Promise<string> {
  const containers = await ctx.containers();
  const lines: string[] = [];
  try {
    for await (const batch of containers.logs([id], { follow: false, tail: LAST_LINES })) {
      for (const { text } of logLines(batch)) lines.push(Buffer.from(text).toString().trimEnd());
    }
  } catch (error) {
    // Its log driver keeps none: the exit code has to do.
    if (!(error instanceof EngineError)) throw error;
  }
  return lines.filter((line) => line !== "").join("; ");
}

/** As a pod that was never started; where others run in it, the sandbox stays for them. */
async function takeBack(ctx: PodContext, podId: string, sidecars: readonly string[]): Promise<void> {
  await stopInReverse(ctx, sidecars, {});
  // The one that failed has ended, and perhaps nobody has noted it yet: as long as that is open the sandbox stays.
  const ended = (await membersOf(ctx, podId)).filter(({ status }) => status === "stopped");
  const containers = await ctx.containers();
  await containers.cleanup(
    { names: ended.map(({ id }) => id), all: false },
    { remove: false, stoppedOnly: true },
  );
  await dropSandbox(ctx, podId);
}

/** One after the other, the one started last first. Gives an outcome for each. */
export async function stopInReverse(
  ctx: PodContext,
  ids: readonly string[],
  options: { readonly timeout?: number },
): Promise<Outcome[]> {
  const containers = await ctx.containers();
  const outcomes: Outcome[] = [];
  for (const id of ids.toReversed()) {
    outcomes.push(...(await containers.stop({ names: [id], all: false }, { ...options, ignore: true })));
  }
  return outcomes;
}
