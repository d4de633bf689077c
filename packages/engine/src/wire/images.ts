/** ImagesApi wired, and the images that `run` and `create` need. */
import type { ImagesApi, PullProgress, PullRequest } from "@podwright/spec/engine-api/images";
import { arch } from "node:os";
import { FileRegistryConfiguration } from "../config/registry-configuration.ts";
import type { EnsuredImage } from "../container/create-context.ts";
import { BlobFiles } from "../host/layers/blob-files.ts";
import { LayerStore } from "../host/layers/layer-store.ts";
import { KernelLayerMounts } from "../host/layers/mounts/kernel-layer-mounts.ts";
import { LockedStaging } from "../host/layers/staging.ts";
import { StoredLayerSource } from "../host/layers/stored-layer-source.ts";
import { HostImageDestinations } from "../host/transports/image-destinations.ts";
import { HostImageTransports } from "../host/transports/image-transports.ts";
import type { CommitImageOptions, CommitImageRequest } from "../image/commit.ts";
import type { ImageContext } from "../image/context.ts";
import { ensureImage } from "../image/ensure.ts";
import { EngineImages } from "../image/images-api.ts";
import { findImage } from "../image/resolve.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";
import { throwFirst } from "../base/outcomes.ts";

export async function wireImages(core: Core, wiring: Wiring): Promise<ImagesApi> {
  await core.ready();
  return new EngineImages(imageContext(core, wiring));
}

export interface EnsureOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** As `pull`, with the name that the reference led to. */
export async function wireEnsureImage(
  core: Core,
  wiring: Wiring,
  { reference, policy, platform, ...registry }: PullRequest,
  { progress, signal }: EnsureOptions,
): Promise<EnsuredImage> {
  const ctx = imageContext(core, wiring);
  const record = await ensureImage(ctx, { reference, policy, platform, registry, progress, signal });
  const found = findImage(ctx, reference, platform);
  const byName = found !== undefined && found.image.id === record.id && record.names.includes(found.name);
  return { record, name: byName ? found.name : (record.names[0] ?? "") };
}

export async function wireCommitImage(
  core: Core,
  wiring: Wiring,
  request: CommitImageRequest,
  options: CommitImageOptions,
): Promise<string> {
  const { commitImage } = await import("../image/commit.ts");
  return await commitImage(imageContext(core, wiring), request, options);
}

function imageContext(core: Core, wiring: Wiring): ImageContext {
  const { settings, store, locks, log, clock, events, env } = core;
  const configuration = new FileRegistryConfiguration(env);
  const staging = new LockedStaging(settings.root);
  const [program = process.execPath] = settings.self;
  const layers = new LayerStore({
    root: settings.root,
    staging,
    unpackCommand: [program, "internal", "unpack-layer"],
  });
  return {
    store,
    locks,
    log,
    clock,
    events,
    names: configuration,
    pushCompression: { format: settings.config.compressionFormat, level: settings.config.compressionLevel },
    transports: new HostImageTransports(configuration, staging),
    destinations: new HostImageDestinations(configuration, staging),
    layerTars: new StoredLayerSource(settings.root, layers.directories),
    layers,
    layerMounts: new KernelLayerMounts(settings),
    blobs: new BlobFiles(settings.root, staging),
    staging,
    runRoot: settings.runRoot,
    mounts: async () => (await wiring.host()).mounts,
    architecture: arch(),
    removeContainersOf: async (imageId) => {
      const options = { force: true, ignore: true, volumes: true, depend: true };
      const names = store.containers.usingImage(imageId);
      throwFirst(await (await wiring.containers()).remove({ names, all: false }, options));
    },
  };
}
