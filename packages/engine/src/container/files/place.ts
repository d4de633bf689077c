/** Where a path of a container is: in its root, or in a volume that is not mounted while the container does not run. */
import type { ContainerPath, PathStat } from "@podwright/spec/engine-api/files";
import type { IdMappings } from "@podwright/spec/values/id-map";
import { realpathSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { ContainerMount, ContainerRecord } from "../../ports/container-record.ts";
import type { OpenTree } from "../../ports/open-tree.ts";
import { podVolumeDirectory } from "../places.ts";
import { prepareVolume } from "../prepare-volumes.ts";
import { type ResolvedUser, resolveUser } from "../rootfs/user.ts";
import type { FilesContext } from "./context.ts";
import { openRoot, type Root } from "./root.ts";

export interface Place extends AsyncDisposable {
  readonly tree: OpenTree;
  /** See ReadTree and WriteTree. */
  readonly ids?: IdMappings;
  /** In the tree. */
  readonly path: string;
  /** The path in the container of what is at `target` in the tree. */
  inContainer(target: string): string;
  /** @throws CONTAINER_USER_UNKNOWN */
  user(): ResolvedUser;
  /** With the path in the container as its target. */
  stat(): PathStat;
}

/** @throws CONTAINER_NOT_FOUND, CONTAINER_INVALID */
export async function openPlace(
  ctx: FilesContext,
  { container, path }: ContainerPath,
  mode: "read" | "write",
): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const root = stack.use(await openRoot(ctx, container, mode));
  // A slash at the end, or `/.`, means something and stays.
  const whole = path.startsWith("/") ? path : `/${root.record.config.process.workdir}/${path}`;
  const mounted = root.running ? undefined : await mountedPlace(ctx, root, whole);
  const tree = mounted === undefined ? root.tree : stack.use(ctx.openTrees.open(mounted.directory));
  const at = mounted?.path ?? whole;
  const inContainer = mounted?.inContainer ?? ((target: string): string => target);
  const kept = stack.move();
  // A volume's files belong to ids of the host, whoever looks.
  const ids = mounted === undefined ? root.ids : root.record.config.idMappings;
  return {
    tree,
    ...(ids === undefined ? {} : { ids }),
    path: at,
    inContainer,
    user: () => userIn(ctx, root),
    stat: () => {
      const stat = tree.stat(at);
      return { ...stat, target: inContainer(stat.target) };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function userIn(ctx: FilesContext, { tree, record }: Root): ResolvedUser {
  return resolveUser(ctx.prepare.files, tree.path, { user: record.config.process.user, groupAdd: [] });
}

async function userOutside({ record }: Root, user: ResolvedUser): Promise<ResolvedUser> {
  const { idMappings } = record.config;
  if (idMappings === undefined) return user;
  const { ownerOutside } = await import("../userns/mapped-owners.ts");
  return { ...user, ...ownerOutside(idMappings, user) };
}

interface Mounted {
  readonly directory: string;
  readonly path: string;
  readonly inContainer: (target: string) => string;
}

/** Volumes and binds are gone into by themselves; what only a running container has is not there. */
async function mountedPlace(ctx: FilesContext, root: Root, path: string): Promise<Mounted | undefined> {
  const { target } = root.tree.stat(path);
  const mount = mountAt(root.record.config.mounts, target);
  const source = mount === undefined ? undefined : await sourceOf(ctx, root, mount);
  if (mount === undefined || source === undefined) return undefined;
  const destination = cleaned(mount.destination);
  const base = source.path === "" ? "" : `/${source.path}`;
  const rest = target.slice(destination.length) + (/\/\.?$/.exec(path)?.[0] ?? "");
  return {
    directory: source.directory,
    path: `${base}${rest}` || "/",
    inContainer: (inTree) => {
      const below = inTree.slice(base.length);
      return below === "" || below === "/" ? destination : `${destination}${below}`;
    },
  };
}

/** The innermost of those that the path is in. */
function mountAt(mounts: readonly ContainerMount[], target: string): ContainerMount | undefined {
  const over = mounts.filter(({ destination }) => {
    const clean = cleaned(destination);
    return target === clean || target.startsWith(`${clean}/`);
  });
  return over.sort((a, b) => a.destination.length - b.destination.length).at(-1);
}

const cleaned = (path: string): string => path.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");

interface Source {
  readonly directory: string;
  /** Below the directory, without a slash at its beginning. */
  readonly path: string;
}

/** undefined for what is there only while the container runs. */
async function sourceOf(ctx: FilesContext, root: Root, mount: ContainerMount): Promise<Source | undefined> {
  const path = mount.subPath;
  if (mount.kind === "volume") {
    const occupant = { rootfs: root.tree.path, user: await userOutside(root, userIn(ctx, root)) };
    return { directory: await prepareVolume(ctx.prepare, mount, occupant), path };
  }
  if (mount.kind === "bind") {
    const source = realpathSync(mount.source);
    if (statSync(source).isDirectory()) return { directory: source, path };
    return { directory: dirname(source), path: basename(source) };
  }
  return mount.kind === "pod-volume" ? podVolume(ctx, root.record, mount) : undefined;
}

function podVolume(
  ctx: FilesContext,
  { config: { podId } }: ContainerRecord,
  { source, subPath }: ContainerMount,
): Source | undefined {
  const volume = ctx.containers.store.pods.get(podId)?.config.volumes?.find(({ name }) => name === source);
  if (volume === undefined) return undefined;
  const directory = podVolumeDirectory(ctx.containers.settings, podId, volume);
  const there = statSync(directory, { throwIfNoEntry: false }) !== undefined;
  return there ? { directory, path: subPath } : undefined;
}
