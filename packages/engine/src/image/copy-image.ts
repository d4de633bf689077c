/** Copies one image from a source into the store: manifest, config, layers, and last the record that shows it. */
import type { PlatformChoice, PullProgress } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageSource } from "../ports/image-source.ts";
import { type ImageContext, imageLock } from "./context.ts";
import { digestOf } from "./digests.ts";
import { withLock } from "./locked.ts";
import { fetchLayers, type LayerPlan, planLayers } from "./fetch-layers.ts";
import {
  type ChosenManifest,
  platformOf,
  type ReadConfig,
  readConfig,
  readManifest,
} from "./read-manifest.ts";

export interface CopyRequest {
  readonly source: ImageSource;
  /** Full names for the image; it may have none. */
  readonly names: readonly string[];
  /** Repository under which its digests are known: "docker.io/library/nginx". */
  readonly repository?: string;
  /** What the top manifest must be. */
  readonly digest?: string;
  readonly platform?: PlatformChoice | undefined;
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Another command may remove a layer between our look and our record; then it is fetched again. */
const ATTEMPTS = 4;

export async function copyImage(ctx: ImageContext, request: CopyRequest): Promise<ImageRecord> {
  const { source, progress } = request;
  progress({ kind: "source", text: "Getting image source signatures" });
  const chosen = await readManifest(source, platformOf(request.platform, ctx.architecture), request.digest);
  const read = await readConfig(source, chosen.manifest, await ctx.blobs.get(chosen.manifest.config.digest));
  const plans = planLayers(chosen.manifest, read.config.rootfs.diff_ids);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await fetchLayers(ctx, plans, {
      source,
      progress,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    if (attempt === 0) reportConfig(chosen, progress);
    const record = await addRecord(ctx, request, { chosen, read, plans });
    if (record !== undefined) {
      // When we began, a process of a killed pull may have been about to end.
      await ctx.staging.sweep();
      return record;
    }
  }
  throw new EngineError(
    "IMAGE_PULL_FAILED",
    `${source.name}: its layers are being removed by another command`,
  );
}

function reportConfig(chosen: ChosenManifest, progress: CopyRequest["progress"]): void {
  const { digest, size } = chosen.manifest.config;
  progress({ kind: "blob", digest, what: "config", done: size, total: size, state: "done" });
  progress({ kind: "source", text: "Writing manifest to image destination" });
}

interface Parts {
  readonly chosen: ChosenManifest;
  readonly read: ReadConfig;
  readonly plans: readonly LayerPlan[];
}

/** Gives undefined when a layer has gone meanwhile. */
async function addRecord(
  ctx: ImageContext,
  request: CopyRequest,
  parts: Parts,
): Promise<ImageRecord | undefined> {
  const { chosen, read, plans } = parts;
  const configDigest = digestOf(read.bytes);
  const id = configDigest.slice("sha256:".length);
  const record: Omit<ImageRecord, "size"> = {
    id,
    digest: chosen.digest,
    manifestType: chosen.mediaType,
    config: read.config,
    layers: plans.map(({ chainId }) => chainId),
    names: request.names,
    namesHistory: request.names,
    repoDigests: repoDigests(request.repository, chosen),
    stored: ctx.clock.now(),
    annotations: chosen.manifest.annotations ?? {},
  };
  return await withLock(ctx.locks, imageLock(id), async () => {
    await ctx.blobs.put(configDigest, read.bytes);
    await ctx.blobs.put(chosen.digest, chosen.bytes);
    return ctx.store.transaction(() => putIfWhole(ctx, record));
  });
}

/** Inside a transaction: the layers are there, and stay there once the image names them. */
export function putIfWhole(ctx: ImageContext, record: Omit<ImageRecord, "size">): ImageRecord | undefined {
  let size = 0;
  for (const chainId of record.layers) {
    const layer = ctx.store.images.layer(chainId);
    if (layer === undefined) return undefined;
    size += layer.size;
  }
  ctx.store.images.put({ ...record, size });
  return ctx.store.images.get(record.id);
}

function repoDigests(repository: string | undefined, chosen: ChosenManifest): string[] {
  if (repository === undefined) return [];
  const digests = [chosen.indexDigest, chosen.digest].filter((digest) => digest !== undefined);
  return digests.map((digest) => `${repository}@${digest}`);
}
