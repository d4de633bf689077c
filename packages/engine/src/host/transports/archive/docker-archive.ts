/** `docker save` archives: manifest.json lists images whose layers are tar files named by path. */
import { MEDIA } from "@podwright/spec/distribution/media-types";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor } from "@podwright/spec/oci-image/types";
import { createHash } from "node:crypto";
import type { ArchivedImage, ImageSource, ManifestBytes } from "../../../ports/image-source.ts";
import { type ArchiveFiles, readJson, readSmall } from "./archive-files.ts";

const JSON_LIMIT = 8 << 20;

interface Item {
  readonly Config: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** @throws IMAGE_ARCHIVE_INVALID */
export async function readDockerArchive(files: ArchiveFiles, path: string): Promise<ArchivedImage[]> {
  const items = await readJson(files, "manifest.json", JSON_LIMIT);
  if (!Array.isArray(items) || items.length === 0) throw invalid("manifest.json lists no image");
  const images: ArchivedImage[] = [];
  for (const item of items.map(checkItem)) {
    images.push({
      source: await openItem(files, item, `docker-archive:${path}`),
      names: item.RepoTags ?? [],
    });
  }
  return images;
}

function checkItem(item: unknown): Item {
  const { Config, RepoTags, Layers } = (item ?? {}) as Record<string, unknown>;
  const isList = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((entry) => typeof entry === "string");
  if (typeof Config !== "string" || !(Layers === null || isList(Layers)))
    throw invalid("manifest.json is malformed");
  return { Config, Layers: Layers ?? [], RepoTags: isList(RepoTags) ? RepoTags : [] };
}

/** The format has no manifest of the image's own: one is made whose layers go by their diffID. */
async function openItem(files: ArchiveFiles, item: Item, name: string): Promise<ImageSource> {
  const config = await readSmall(files, item.Config, JSON_LIMIT);
  const diffIds = diffIdsOf(config, item.Config);
  if (diffIds.length !== item.Layers.length) {
    throw invalid(`${item.Config} has ${diffIds.length} layers, manifest.json has ${item.Layers.length}`);
  }
  const layers: Descriptor[] = [];
  const paths = new Map<string, string>();
  for (const [index, digest] of diffIds.entries()) {
    const path = item.Layers[index] ?? "";
    const size = await files.size(path);
    if (size === undefined) throw invalid(`${path}: no such file in the archive`);
    paths.set(digest, path);
    layers.push({ mediaType: MEDIA.dockerLayer, size, digest });
  }
  const configDigest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.dockerManifest,
    config: { mediaType: MEDIA.dockerConfig, size: config.length, digest: configDigest },
    layers,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return {
    name,
    blobsMatchDigests: false,
    manifest: async (digest): Promise<ManifestBytes> => {
      if (digest !== undefined) throw invalid(`${digest}: no such manifest in the archive`);
      return { bytes, mediaType: MEDIA.dockerManifest };
    },
    blob: ({ digest }) => {
      const path = digest === configDigest ? item.Config : paths.get(digest);
      if (path === undefined) throw invalid(`${digest}: no such blob in the archive`);
      return files.stream(path);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function diffIdsOf(config: Buffer, name: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(config.toString("utf8"));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalid(`${name}: ${cause.message}`);
  }
  const ids = (parsed as { rootfs?: { diff_ids?: unknown } } | null)?.rootfs?.diff_ids;
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string"))
    throw invalid(`${name} lists no layers`);
  return ids;
}

function invalid(reason: string): EngineError {
  return new EngineError("IMAGE_ARCHIVE_INVALID", `docker-archive: ${reason}`);
}
