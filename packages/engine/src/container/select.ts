/** Which containers a verb acts on, and what became of each. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { Selection } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { availableParallelism } from "node:os";
import { Slots } from "../base/slots.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { ContainerContext } from "./context.ts";
import { isOurs } from "./ownership.ts";

export interface Chosen {
  /** As the caller gave it; the id when it was not named. */
  readonly input: string;
  readonly id: string;
}

/**
 * In the order given. `all` and filters leave out infra records, which have no process of their own.
 * @throws CONTAINER_NOT_FOUND for the first unknown name, before anything is done, as Podman does
 */
export async function chooseContainers(
  ctx: Pick<ContainerContext, "store" | "views" | "processes">,
  selection: Selection,
  options: { readonly ignoreMissing?: boolean } = {},
): Promise<readonly Chosen[]> {
  const filtered = await filteredIds(ctx, selection);
  if (selection.names.length === 0) {
    if (filtered === undefined && !selection.all) return [];
    const ids = ctx.store.containers.list().filter((record) => !record.config.infra);
    return ids
      .map((record) => record.config.id)
      .filter((id) => filtered?.has(id) ?? true)
      .map((id) => ({ input: id, id }));
  }
  const chosen: Chosen[] = [];
  for (const input of selection.names) {
    const record = findContainer(ctx, input, options);
    if (record === undefined || filtered?.has(record.config.id) === false) continue;
    if (!chosen.some(({ id }) => id === record.config.id)) chosen.push({ input, id: record.config.id });
  }
  return chosen;
}

/** A leading slash is Docker's way to write a name. @throws CONTAINER_NOT_FOUND, CONTAINER_NAME_AMBIGUOUS */
export function namedContainer(
  ctx: Pick<ContainerContext, "store" | "processes">,
  nameOrId: string,
): ContainerRecord {
  const record = ctx.store.containers.find(nameOrId.replace(/^\//, ""));
  if (record.phase !== "creating" || isOurs(ctx, record)) return record;
  throw new EngineError(
    "CONTAINER_NOT_FOUND",
    `no container with name or ID "${nameOrId}" found: no such container`,
    { details: { input: nameOrId } },
  );
}

function findContainer(
  ctx: Pick<ContainerContext, "store" | "processes">,
  input: string,
  options: { readonly ignoreMissing?: boolean },
): ContainerRecord | undefined {
  try {
    return namedContainer(ctx, input);
  } catch (error) {
    if (options.ignoreMissing === true && isEngineError(error, "CONTAINER_NOT_FOUND")) return undefined;
    throw error;
  }
}

async function filteredIds(
  ctx: Pick<ContainerContext, "views">,
  selection: Selection,
): Promise<ReadonlySet<string> | undefined> {
  const filters = selection.filters ?? {};
  if (Object.keys(filters).length === 0) return undefined;
  const rows = await ctx.views.list({ all: true, filters, size: false, namespaces: false });
  return new Set(rows.map((row) => row.id));
}

/** Acts on all at once; each succeeds or fails for itself. Outcomes stand in the order of the containers. */
export function sideBySide(
  containers: readonly Chosen[],
  act: (container: Chosen) => Promise<void>,
): Promise<Outcome[]> {
  return Promise.all(containers.map((container) => outcomeOf(container, act)));
}

/**
 * As sideBySide, for work that keeps the processors busy: more at once would only make each of them slower, and all of
 * them late.
 */
export async function fewAtOnce(
  containers: readonly Chosen[],
  act: (container: Chosen) => Promise<void>,
): Promise<Outcome[]> {
  const slots = new Slots(2 * availableParallelism());
  return Promise.all(
    containers.map(async (container) => {
      const giveBack = await slots.take();
      try {
        return await outcomeOf(container, act);
      } finally {
        giveBack();
      }
    }),
  );
}

/** As sideBySide, one after the other. */
export async function oneByOne(
  containers: readonly Chosen[],
  act: (container: Chosen) => Promise<void>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const container of containers) outcomes.push(await outcomeOf(container, act));
  return outcomes;
}

async function outcomeOf(container: Chosen, act: (container: Chosen) => Promise<void>): Promise<Outcome> {
  try {
    await act(container);
    return container;
  } catch (error) {
    return { ...container, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
