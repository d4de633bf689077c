/** Mounts whose source is made for the run: an image, or a directory under an overlay (`:O`); and owners (`:U`). */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isIdmapOption } from "@podwright/spec/values/idmap-option";
import { chownSync, mkdirSync, realpathSync, statSync } from "node:fs";
import type { ContainerConfig, ContainerMount } from "../ports/container-record.ts";
import type { LiveFacts } from "./context.ts";
import { placesOf } from "./places.ts";
import type { PrepareContext } from "./prepare-context.ts";
import type { ResolvedUser } from "./rootfs/user.ts";

interface Run {
  readonly live: LiveFacts;
  readonly user: ResolvedUser;
  /** Host directory of each volume by its name. */
  readonly volumes: Readonly<Record<string, string>>;
}

/** Host directory by the mount's destination. They go with the run. @throws CONTAINER_INVALID, IMAGE_LAYER_INVALID */
export async function prepareStandIns(
  ctx: PrepareContext,
  config: ContainerConfig,
  { live, user, volumes }: Run,
): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const [index, mount] of config.mounts.entries()) {
    const whole = sourceOf(mount, { live, volumes });
    const pinned = await pinnedPart(ctx, config, { mount, whole, name: `${index}-part` });
    if (pinned !== undefined) result[mount.destination] = pinned;
    const source = pinned ?? whole;
    const lower = await lowerOf(ctx, config, { mount, source });
    if (lower.length > 0) {
      const root = await overlay(ctx, config, { name: String(index), lower, kind: mount.kind });
      result[mount.destination] = belowRoot(ctx, mount, root);
    }
    const idmap = mount.options.find(isIdmapOption);
    if (idmap !== undefined) {
      const place = { source: result[mount.destination] ?? source, name: `${index}-owners` };
      result[mount.destination] = await withOwners(ctx, config, { idmap, ...place });
    }
    if (mount.options.includes("U")) {
      await ctx.files.giveTo(ownable(result[mount.destination] ?? source), user);
    }
  }
  return result;
}

function sourceOf(mount: ContainerMount, { live, volumes }: Pick<Run, "live" | "volumes">): string {
  if (mount.kind === "volume") return volumes[mount.source] ?? "";
  if (mount.kind === "pod-volume") return live.sandbox?.volumePaths[mount.source] ?? "";
  return mount.source;
}

/** A part of an image stands in the overlay that is made for it. Their code is loaded by those that ask for it. */
async function pinnedPart(
  ctx: PrepareContext,
  config: ContainerConfig,
  part: { readonly mount: ContainerMount; readonly whole: string; readonly name: string },
): Promise<string | undefined> {
  if (part.mount.subPath === "" || part.mount.kind === "image") return undefined;
  const { pinSubPath } = await import("./prepare-sub-path.ts");
  return pinSubPath(ctx, config, part);
}

/** Nothing where the mount needs no overlay. */
async function lowerOf(
  ctx: PrepareContext,
  { id }: ContainerConfig,
  { mount, source }: { readonly mount: ContainerMount; readonly source: string },
): Promise<readonly string[]> {
  if (mount.kind === "image") return ctx.layers.acquire(mount.imageId ?? "", id);
  if (!mount.options.includes("O")) return [];
  if (statSync(source).isDirectory()) return [source];
  throw new EngineError("CONTAINER_INVALID", `cannot mount ${source} as an overlay: not a directory`);
}

interface Overlay {
  readonly name: string;
  readonly lower: readonly string[];
  readonly kind: ContainerMount["kind"];
}

async function overlay(
  ctx: PrepareContext,
  config: ContainerConfig,
  { name, lower, kind }: Overlay,
): Promise<string> {
  const places = placesOf(ctx.settings, config);
  const target = `${places.mounted}/${name}`;
  const upper = `${places.mountedUpper}/${name}/upper`;
  const work = `${places.mountedUpper}/${name}/work`;
  for (const path of [target, upper, work]) mkdirSync(path, { recursive: true });
  const request = { target, lower, upper, work, volatile: true };
  const { idMappings } = config;
  // An image's owners are those inside, a directory's those of the host.
  const ofImage = idMappings !== undefined && kind === "image";
  // Root's mounts map owners, of this directory too: it is root's already.
  if (idMappings !== undefined && !(ofImage && ctx.settings.uid === 0)) {
    const { rootOutside } = await import("./userns/mapped-run.ts");
    const { uid, gid } = rootOutside(idMappings);
    chownSync(upper, uid, gid);
  }
  if (ofImage) await ctx.mounts.mappedOverlay(request, idMappings);
  else await ctx.mounts.overlay(request);
  return target;
}

/** Shown with other owners. Loaded by those that ask for it. */
async function withOwners(
  ctx: PrepareContext,
  config: ContainerConfig,
  { idmap, source, name }: { readonly idmap: string; readonly source: string; readonly name: string },
): Promise<string> {
  const { idmapMappings } = await import("@podwright/spec/values/idmap-option");
  const target = `${placesOf(ctx.settings, config).mounted}/${name}`;
  await ctx.mounts.idmapped(source, target, idmapMappings(idmap, config.idMappings));
  return target;
}

function belowRoot(ctx: PrepareContext, { subPath, source }: ContainerMount, root: string): string {
  if (subPath === "") return root;
  const path = ctx.files.resolve(root, subPath);
  if (ctx.files.kind(root, path) !== undefined) return `${root}${path}`;
  throw new EngineError("CONTAINER_INVALID", `subpath ${subPath} of ${source}: no such file or directory`);
}

/** As in Podman: giving these away would break the host. */
const KEPT: readonly string[] = [
  "/",
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/etc/passwd",
  "/etc/pki",
  "/etc/shadow",
  "/home",
  "/lib",
  "/lib64",
  "/media",
  "/opt",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/srv",
  "/sys",
  "/tmp",
  "/usr",
  "/var",
  "/var/lib",
  "/var/log",
];

function ownable(path: string): string {
  if (!KEPT.includes(realpathSync(path))) return path;
  throw new EngineError(
    "CONTAINER_INVALID",
    `chowning host path "${path}" is not allowed. You can manually \`chown -R\` it`,
  );
}
