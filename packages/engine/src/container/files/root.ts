/** The root of a container's files: its own while it runs, else its layers, for a look or to be written to. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { mkdirSync, rmdirSync } from "node:fs";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { OpenTree } from "../../ports/open-tree.ts";
import { healContainer } from "../heal.ts";
import { mountedRoot } from "../mounted-root.ts";
import { placesOf } from "../places.ts";
import { namedContainer } from "../select.ts";
import { idsOnDisk } from "../userns/ids-on-disk.ts";
import type { FilesContext } from "./context.ts";

export interface Root extends AsyncDisposable {
  readonly record: ContainerRecord;
  readonly tree: OpenTree;
  /** Volumes and all else that is mounted in the container show in the tree. */
  readonly running: boolean;
  /** Its owners are seen as they are outside of the container's user namespace. */
  readonly ids?: IdMappings;
}

/**
 * `read` holds no lock while it is open, so that a copy between two containers, or within one, cannot wait for itself.
 * `write` keeps a stopped container from being started or removed meanwhile.
 * @throws CONTAINER_NOT_FOUND, CONTAINER_INVALID
 */
export async function openRoot(ctx: FilesContext, nameOrId: string, mode: "read" | "write"): Promise<Root> {
  const record = withFiles(namedContainer(ctx.containers, nameOrId));
  return openRunning(ctx, record) ?? (await openStopped(ctx, record.config.id, mode));
}

/** Infra is a record without files. @throws CONTAINER_INVALID */
export function withFiles(record: ContainerRecord): ContainerRecord {
  if (!record.config.infra) return record;
  const { id } = record.config;
  throw new EngineError("CONTAINER_INVALID", `container ${id} is an infra container: it has no files`);
}

/** Its own root, also while it is paused. undefined when it has no process. */
function openRunning(ctx: FilesContext, record: ContainerRecord): Root | undefined {
  const pid = record.state.run?.pid;
  if (pid === undefined || !ctx.containers.processes.isAlive(pid)) return undefined;
  const tree = openUnlessGone(ctx, `/proc/${pid.pid}/root`);
  if (tree === undefined) return undefined;
  // Only now is it certain whose root was opened.
  if (ctx.containers.processes.isAlive(pid)) {
    return {
      record,
      tree,
      running: true,
      ...idsOf(record),
      [Symbol.asyncDispose]: async () => tree[Symbol.dispose](),
    };
  }
  tree[Symbol.dispose]();
  return undefined;
}

function openUnlessGone(ctx: FilesContext, root: string): OpenTree | undefined {
  try {
    return ctx.openTrees.open(root);
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code)))
      return undefined;
    throw error;
  }
}

async function openStopped(ctx: FilesContext, id: string, mode: "read" | "write"): Promise<Root> {
  await using stack = new AsyncDisposableStack();
  stack.use(await ctx.containers.locks.acquire(`container-${id}`));
  const record = await healContainer(ctx.containers, id);
  const running = openRunning(ctx, record);
  if (running !== undefined) return running;
  if (mode === "read") {
    const held = ctx.containers.mounts.isMounted(placesOf(ctx.containers.settings, record.config).held);
    const tree = await openView(ctx, record);
    const ids = held ? idsOf(record) : idsOnDisk(ctx.containers.settings, record.config);
    return {
      record,
      tree,
      running: false,
      ...ids,
      [Symbol.asyncDispose]: async () => tree[Symbol.dispose](),
    };
  }
  const root = stack.use(await mountedRoot(ctx.containers, record));
  const tree = stack.use(ctx.openTrees.open(root.path));
  const kept = stack.move();
  const ids = root.ids === undefined ? {} : { ids: root.ids };
  return { record, tree, running: false, ...ids, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function idsOf({ config: { idMappings } }: ContainerRecord): Pick<Root, "ids"> {
  return idMappings === undefined ? {} : { ids: idMappings };
}

/** What is open stays readable after its mount has gone from the directory, until it is closed. */
async function openView(ctx: FilesContext, record: ContainerRecord): Promise<OpenTree> {
  const { mounts, images, settings } = ctx.containers;
  const { held, view, upper } = placesOf(settings, record.config);
  if (mounts.isMounted(held)) return ctx.openTrees.open(held);
  using lower = images.open(record.config.image.id);
  if (lower.layers.length === 0) return ctx.openTrees.open(upper);
  mkdirSync(view, { recursive: true, mode: 0o700 });
  // A killed command's, perhaps.
  mounts.unmount(view);
  const lowerPaths = lower.layers.map(({ fd }) => `/proc/self/fd/${fd}`);
  const request = { target: view, lower: [...lowerPaths, upper], volatile: false };
  const { ids } = idsOnDisk(settings, record.config);
  if (ids === undefined) await mounts.overlay(request);
  else await mounts.mappedOverlay(request, ids);
  try {
    return ctx.openTrees.open(view);
  } finally {
    mounts.unmount(view);
    rmdirSync(view);
  }
}
