/**
 * The one teardown: takes away everything that a run of a container put on the host, by names that derive from
 * its id. Idempotent, so that failed starts, clean-up, removal and recovery can all use it at any moment.
 */
import { namesIn } from "../base/if-there.ts";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { existsSync, lstatSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { runAll, throwCollected } from "../base/cleanup.ts";
import type { ContainerConfig, ContainerRecord } from "../ports/container-record.ts";
import { containerEvent } from "./container-event.ts";
import type { ContainerContext } from "./context.ts";
import { forgetMember } from "./member-hosts.ts";
import { ownsNetwork } from "./own-network.ts";
import { type ContainerPlaces, placesOf } from "./places.ts";
import { runtimeOf } from "./runtime-of.ts";

const SIGKILL = 9;

/** Call with the container's lock held. What still lives of the run is killed. */
export async function tearDownRun(ctx: ContainerContext, record: ContainerRecord): Promise<void> {
  const { config } = record;
  const places = placesOf(ctx.settings, config);
  const failures = await runAll([
    () => killUnfinishedStart(ctx, record),
    () => deleteFromRuntime(ctx, record, places),
    () => removeCgroup(ctx, config.cgroups, places.cgroup),
    ...namesIn(places.mounted).map((name) => () => ctx.mounts.unmount(`${places.mounted}/${name}`)),
    // See rootForRuntime.
    () =>
      config.idMappings === undefined || ctx.settings.uid === 0 ? undefined : ctx.mounts.hide(config.id),
    () => ctx.mounts.unmount(places.rootfs),
    ...imagesOf(config).map((imageId) => () => ctx.images.release(imageId, config.id)),
    () => (ownsNetwork(config) ? ctx.network.detach(config) : undefined),
    () => forgetMember(ctx, config),
    () => dropSandbox(ctx, places.sandbox),
  ]);
  throwCollected(failures);
  ctx.monitor.forgetExit(config.id);
  // Last: while the bundle is there, so may be the rest, and the next command comes here again.
  removeBundle(places);
}

/** As tearDownRun, of a run that is over and whose container stays. */
export async function cleanUpRun(ctx: ContainerContext, record: ContainerRecord): Promise<void> {
  await tearDownRun(ctx, record);
  ctx.events.write(containerEvent(record.config, "cleanup"));
}

/** Whether a run may have left something on the host. */
export function hasLeftovers(ctx: ContainerContext, record: ContainerRecord): boolean {
  return existsSync(placesOf(ctx.settings, record.config).bundle);
}

/** As hasLeftovers; a reboot takes the bundle away, and what the state holds of the run (its addresses) not. */
export function mayHaveLeftovers(ctx: ContainerContext, record: ContainerRecord): boolean {
  const { run } = record.state;
  return (run !== undefined && run.bootId !== ctx.processes.bootId) || hasLeftovers(ctx, record);
}

/**
 * An engine that died while it started the container may have left a monitor that it had no time to note, and
 * that is creating the container at this moment.
 */
async function killUnfinishedStart(ctx: ContainerContext, record: ContainerRecord): Promise<void> {
  const { run } = record.state;
  if (run === undefined || run.startedAt !== 0 || run.bootId !== ctx.processes.bootId) return;
  // A runtime that is killed by itself could make its directory after we have taken it away.
  await ctx.monitor.endUnfinished(record.config.id, run.monitor);
  if (run.pid !== undefined) ctx.processes.kill(run.pid, SIGKILL);
}

async function deleteFromRuntime(
  ctx: ContainerContext,
  record: ContainerRecord,
  places: ContainerPlaces,
): Promise<void> {
  try {
    const runtime = runtimeOf(ctx, record);
    // The runtime's own command (8 ms) has something to do only where a process or a hook is left.
    if (hasEnded(ctx, record) && !mayHaveHooks(places.bundle)) runtime.forget(record.config.id);
    else await runtime.delete(record.config.id);
  } catch (error) {
    // A runtime that is no longer installed must not keep a container from being removed.
    if (!isEngineError(error, "HOST_PART_MISSING")) throw error;
    ctx.log.warn(`runtime of container ${record.config.id} is gone: ${error.message}`);
  }
}

function hasEnded(ctx: ContainerContext, { config, state }: ContainerRecord): boolean {
  const pid = state.run?.pid;
  return pid !== undefined && !ctx.processes.isAlive(pid) && config.namespaces.pid.kind === "private";
}

function mayHaveHooks(bundle: string): boolean {
  const path = `${bundle}/config.json`;
  return existsSync(path) && readFileSync(path, "latin1").includes('"hooks":');
}

/** Its own, and those that are mounted into it. */
function imagesOf({ image, mounts }: ContainerConfig): string[] {
  const mounted = mounts.flatMap(({ kind, imageId }) =>
    kind === "image" && imageId !== undefined ? [imageId] : [],
  );
  return [...new Set([image.id, ...mounted])];
}

async function removeCgroup(ctx: ContainerContext, mode: string, path: string): Promise<void> {
  if (mode !== "disabled") await ctx.cgroups.remove(path);
}

function dropSandbox(ctx: ContainerContext, directory: string): void {
  if (!existsSync(directory)) return;
  ctx.namespaces.unpin(directory);
  ctx.mounts.unmount(`${directory}/shm`);
  rmSync(directory, { recursive: true, force: true });
}

function removeBundle({ bundle, rootfs, mounted, mountedUpper }: ContainerPlaces): void {
  // rmdir, not a recursive removal: it refuses a mount that is still there, where the other would empty it.
  for (const name of namesIn(mounted)) removeMountPoint(`${mounted}/${name}`);
  if (existsSync(rootfs)) rmdirSync(rootfs);
  rmSync(mountedUpper, { recursive: true, force: true });
  rmSync(bundle, { recursive: true, force: true });
}

function removeMountPoint(path: string): void {
  if (lstatSync(path).isDirectory()) rmdirSync(path);
  else rmSync(path);
}
