/** Which pods and which members a verb acts on. */
import type { ContainerSummary, InitKind, Selection } from "@podwright/spec/engine-api/containers";
import type { PodOutcome } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PodRecord } from "../ports/pod-record.ts";
import type { PodContext } from "./context.ts";

/** Acts on each selected pod, side by side; a name that finds none is an outcome with an error. */
export function forEachPod(
  ctx: PodContext,
  selection: Selection,
  act: (record: PodRecord) => Promise<Omit<PodOutcome, "input">>,
): Promise<PodOutcome[]> {
  const inputs = selection.all ? ctx.store.pods.list().map((pod) => pod.config.id) : selection.names;
  return Promise.all(inputs.map((input) => actOn(ctx, input, act)));
}

async function actOn(
  ctx: PodContext,
  input: string,
  act: (record: PodRecord) => Promise<Omit<PodOutcome, "input">>,
): Promise<PodOutcome> {
  try {
    return { input, ...(await act(ctx.store.pods.find(input))) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { input, error, memberErrors: [] };
  }
}

/** Members as `ps` sees them, in order of creation, without the infra record. */
export async function membersOf(ctx: PodContext, podId: string): Promise<ContainerSummary[]> {
  const containers = await ctx.containers();
  const all = await containers.list({ all: true, filters: { pod: [podId] }, size: false, namespaces: false });
  return all.filter((member) => !member.isInfra).sort((a, b) => a.created - b.created);
}

/** The lock that is held while a pod's members are being started. */
export function startLock(podId: string): string {
  return `podstart-${podId}`;
}

/** Init containers by their id, in order of creation; empty for most pods. */
export function rolesOf(ctx: Pick<PodContext, "store">, podId: string): ReadonlyMap<string, InitKind> {
  const records = ctx.store.containers.list({ podId });
  return new Map(
    records.flatMap(({ config: { id, initContainer } }): [string, InitKind][] =>
      initContainer === undefined ? [] : [[id, initContainer]],
    ),
  );
}

/** Runs, or is about to be started again by its policy: the pod is not over while one of its members is up. */
export function isUp(member: ContainerSummary): boolean {
  return isRunning(member) || member.restartAt !== undefined;
}

/** As isUp, or has ended and nobody has noted it yet: what its policy makes of its end is open. */
export function isOpen(member: ContainerSummary): boolean {
  return isUp(member) || member.status === "stopped";
}

export function isRunning(member: ContainerSummary): boolean {
  return member.status === "running" || member.status === "paused" || member.status === "stopping";
}

export function isPaused(member: Pick<ContainerSummary, "status">): boolean {
  return member.status === "paused";
}

/** What a verb over members gave, as the pod's outcome. */
export function collectMemberErrors(
  outcomes: readonly { readonly input: string; readonly error?: Error }[],
): { id: string; error: Error }[] {
  return outcomes.flatMap(({ input, error }) => (error === undefined ? [] : [{ id: input, error }]));
}

/** The first failure of a member decides the pod's exit status. */
export function firstError(errors: readonly { readonly error: Error }[]): { error?: Error } {
  const error = errors[0]?.error;
  if (error === undefined) return {};
  return {
    error: error instanceof EngineError ? error : new EngineError("POD_STATE_IMPROPER", error.message),
  };
}
