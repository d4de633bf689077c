/** `diff`: what a container has written above its image, an image's last layer, or what differs between two of them. */
import type { FileChange } from "@podwright/spec/engine-api/files";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, openSync } from "node:fs";
import type { ImageRecord } from "../../ports/image-record.ts";
import type { OpenLayer } from "../../ports/layer-mounts.ts";
import { placesOf } from "../places.ts";
import { namedContainer } from "../select.ts";
import { idsOnDisk } from "../userns/ids-on-disk.ts";
import type { FilesContext } from "./context.ts";
import { withFiles } from "./root.ts";

export type DiffKind = "container" | "image" | "any";

/** What the engine itself puts into every container, which Podman leaves out as well. */
const NOT_TOLD = new Set([
  "/dev",
  "/etc/hostname",
  "/etc/hosts",
  "/etc/mtab",
  "/etc/resolv.conf",
  "/proc",
  "/run",
  "/run/.containerenv",
  "/run/notify",
  "/run/podman-init",
  "/run/secrets",
  "/sys",
]);

/** @throws OBJECT_NOT_FOUND */
export async function diffFiles(
  ctx: FilesContext,
  kind: DiffKind,
  { name, other }: { readonly name: string; readonly other?: string },
): Promise<FileChange[]> {
  using open = new DisposableStack();
  const now = await layersOf(ctx, open, { kind, name });
  // Alone, against what is below its highest layer.
  const before = other === undefined ? now.slice(1) : await layersOf(ctx, open, { kind, name: other });
  return ctx.layerChanges.between(now, before).filter(({ path }) => !NOT_TOLD.has(path));
}

/** The highest first. */
async function layersOf(
  ctx: FilesContext,
  open: DisposableStack,
  { kind, name }: { readonly kind: DiffKind; readonly name: string },
): Promise<readonly OpenLayer[]> {
  const { images, settings } = ctx.containers;
  const image = kind === "container" ? undefined : await imageNamed(ctx, name);
  if (image !== undefined) return open.use(images.open(image.id)).layers.toReversed();
  if (kind === "image")
    throw new EngineError("OBJECT_NOT_FOUND", `${name} not found: ${name}: image not known`);
  const { config } = withFiles(containerNamed(ctx, kind, name));
  const { upper } = placesOf(settings, config);
  const fd = openSync(upper, "r");
  open.defer(() => closeSync(fd));
  const lower = open.use(images.open(config.image.id)).layers;
  const top = {
    id: upper,
    fd,
    fileMarks: ctx.layerChanges.hasFileMarks(upper),
    ...idsOnDisk(settings, config),
  };
  return [top, ...lower.toReversed()];
}

async function imageNamed(ctx: FilesContext, name: string): Promise<ImageRecord | undefined> {
  try {
    return await ctx.findImage(name);
  } catch (error) {
    if (isEngineError(error, "IMAGE_NOT_KNOWN", "IMAGE_REFERENCE_INVALID")) return undefined;
    throw error;
  }
}

function containerNamed(ctx: FilesContext, kind: DiffKind, name: string) {
  try {
    return namedContainer(ctx.containers, name);
  } catch (error) {
    if (!isEngineError(error, "CONTAINER_NOT_FOUND")) throw error;
    const reason = kind === "any" ? "layer not known" : "container not known";
    throw new EngineError("OBJECT_NOT_FOUND", `${name} not found: ${reason}`, { cause: error });
  }
}
