/** Takes a container away for good: its run, its files, its row, its anonymous volumes. */
import { existsSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { ContainerConfig, ContainerRecord } from "../ports/container-record.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { healthLock } from "./health/health-lock.ts";
import { dropHeldMount } from "./mounted-root.ts";
import { placesOf } from "./places.ts";
import { mayHaveLeftovers, tearDownRun } from "./teardown.ts";

/** Call with the container's lock held. Kills what still runs of it; safe to repeat after a failure. */
export async function deleteContainer(
  ctx: ContainerContext,
  record: ContainerRecord,
  options: { readonly volumes: boolean },
): Promise<void> {
  const { config } = record;
  ctx.store.transaction(() => {
    ctx.store.containers.setPhase(config.id, "removing", ctx.processes.identify(process.pid));
    if (options.volumes)
      ctx.store.containers.updateState(config.id, (state) => ({ ...state, volumesGo: true }));
  });
  if (mayHaveLeftovers(ctx, record)) await tearDownRun(ctx, record);
  await dropHeldMount(ctx, record);
  dropView(ctx, placesOf(ctx.settings, config).view);
  if (config.network.mode.kind === "pod") await ctx.network.dropNames(config);
  // While the row is there: after it nobody would know of them.
  if (options.volumes) await removeAnonymousVolumes(ctx, record);
  // On a thread of its own: of many that go at once, the next is taken down meanwhile.
  await rm(placesOf(ctx.settings, config).store, { recursive: true, force: true });
  removeIdFile(config);
  ctx.store.containers.remove(config.id);
  ctx.supervisor.tell();
  if (config.probes !== undefined) ctx.watchStates.forget(config.id);
  if (config.health !== undefined) {
    ctx.watchStates.forget(config.id);
    ctx.locks.forget(healthLock(config.id));
  }
  ctx.locks.forget(`container-${config.id}`);
  const exitCode = record.state.exit?.exitCode;
  ctx.events.write(containerEvent(config, "remove", exitCode === undefined ? {} : { exitCode }));
}

/** Of a look that was killed. */
function dropView({ mounts }: Pick<ContainerContext, "mounts">, view: string): void {
  if (!existsSync(view)) return;
  mounts.unmount(view);
  rmdirSync(view);
}

/** The file may be another container's by now: then it stays. */
function removeIdFile({ cidFile, id }: ContainerConfig): void {
  if (cidFile === "") return;
  try {
    if (readFileSync(cidFile, "utf8") === id) rmSync(cidFile);
  } catch {
    // Gone, or out of reach: it is the user's file, and the container goes all the same.
  }
}

async function removeAnonymousVolumes(ctx: ContainerContext, { config }: ContainerRecord): Promise<void> {
  for (const mount of config.mounts) {
    if (mount.kind !== "volume" || !mount.anonymous) continue;
    if (ctx.store.containers.usingVolume(mount.source).some((id) => id !== config.id)) continue;
    await ctx.volumes.removeAnonymous(mount.source, config.id);
  }
}
