/** `volume rm` and `volume prune`. */
import type { Filters, Outcome } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { rmSync } from "node:fs";
import type { VolumeRecord } from "../ports/volume-record.ts";
import { type VolumeContext, volumePath } from "./context.ts";
import { isUnused, matchesFilters } from "./filters.ts";
import { volumeEvent } from "./volume-event.ts";

export interface RemoveVolumesOptions {
  readonly all: boolean;
  /** Containers that use it go first; an unknown name is no error. */
  readonly force: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

export async function removeVolumes(
  ctx: VolumeContext,
  names: readonly string[],
  options: RemoveVolumesOptions,
): Promise<Outcome[]> {
  const inputs = options.all ? ctx.store.volumes.list().map((volume) => volume.name) : names;
  const outcomes: Outcome[] = [];
  for (const input of inputs) outcomes.push(await removeOne(ctx, input, options));
  return outcomes;
}

async function removeOne(ctx: VolumeContext, input: string, options: RemoveVolumesOptions): Promise<Outcome> {
  try {
    const { name } = ctx.store.volumes.find(input);
    if (options.force) await freeVolume(ctx, name, options.timeout);
    await removeVolume(ctx, name);
    return { input, id: name };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === "VOLUME_NOT_FOUND") {
      if (options.force) return { input };
      return { input, error: new EngineError(error.code, error.message, { exit: 1 }) };
    }
    return { input, error };
  }
}

async function freeVolume(ctx: VolumeContext, name: string, timeout: number | undefined): Promise<void> {
  const users = ctx.store.containers.usingVolume(name);
  if (users.length === 0) return;
  const failed = (await ctx.removeContainers(users, timeout)).find((outcome) => outcome.error !== undefined);
  if (failed?.error !== undefined) throw failed.error;
}

/**
 * Files first, then the row: a removal that is killed in between is finished by the next one. `except` is a
 * container whose use does not count: it is going away itself.
 * @throws VOLUME_IN_USE
 */
export async function removeVolume(
  ctx: VolumeContext,
  name: string,
  { except }: { readonly except?: string } = {},
): Promise<void> {
  using _lock = await ctx.locks.acquire(`volume-${name}`);
  const users = ctx.store.containers.usingVolume(name).filter((id) => id !== except);
  if (users.length > 0) {
    throw new EngineError(
      "VOLUME_IN_USE",
      `volume ${name} is being used by the following container(s): ${users.join(", ")}: volume is being used`,
      { details: { name, containers: users } },
    );
  }
  const path = volumePath(ctx.settings, name);
  rmSync(path.slice(0, path.lastIndexOf("/")), { recursive: true, force: true });
  ctx.store.volumes.remove(name);
  ctx.events.write(volumeEvent(name, "remove"));
  ctx.locks.forget(`volume-${name}`);
}

/** Removes what no container uses; without `all` only anonymous volumes. */
export async function pruneVolumes(
  ctx: VolumeContext,
  filters: Filters,
  options: { readonly all: boolean },
): Promise<Outcome[]> {
  const matches = matchesFilters(ctx, filters);
  const wanted = (volume: VolumeRecord): boolean =>
    (options.all || volume.anonymous) && isUnused(ctx, volume) && matches(volume);
  const names = ctx.store.volumes.list().filter(wanted);
  const outcomes = await removeVolumes(
    ctx,
    names.map((volume) => volume.name),
    { all: false, force: false },
  );
  for (const { input, error } of outcomes) {
    if (error === undefined) ctx.events.write(volumeEvent(input, "prune"));
  }
  return outcomes;
}
