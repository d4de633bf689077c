/** From a source to one image's manifest and configuration: chooses from indexes, checks every digest. */
import { parseDigest } from "@podwright/spec/distribution/digest";
import { isIndexType, isLayerType, isManifestType, MEDIA } from "@podwright/spec/distribution/media-types";
import type { PlatformChoice } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { chooseFromIndex, hostPlatform } from "@podwright/spec/oci-image/platform";
import type {
  Descriptor,
  ImageConfig,
  ImageIndex,
  ImageManifest,
  Platform,
} from "@podwright/spec/oci-image/types";
import type { ImageSource } from "../ports/image-source.ts";
import { checkDigest, digestOf, readVerified } from "./digests.ts";

/** As in Podman. */
const CONFIG_LIMIT = 4 << 20;
const MAX_LAYERS = 500;

export interface ChosenManifest {
  readonly manifest: ImageManifest;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: string;
  /** Of the index that it was chosen from. */
  readonly indexDigest: string | undefined;
}

export interface ReadConfig {
  readonly config: ImageConfig;
  readonly bytes: Uint8Array;
}

/** @throws IMAGE_PLATFORM_MISSING, IMAGE_MANIFEST_INVALID, IMAGE_DIGEST_MISMATCH */
export async function readManifest(
  source: ImageSource,
  wanted: Platform,
  expectedDigest?: string,
): Promise<ChosenManifest> {
  const first = await source.manifest();
  if (expectedDigest !== undefined) checkDigest(first.bytes, expectedDigest, `manifest of ${source.name}`);
  const top = parseManifest(first.bytes, first.mediaType, source.name);
  if (top.kind === "manifest")
    return { ...top, bytes: first.bytes, digest: digestOf(first.bytes), indexDigest: undefined };
  const entry = chooseEntry(top.index, top.mediaType, wanted);
  const second = await source.manifest(entry.digest);
  checkDigest(second.bytes, entry.digest, `manifest of ${source.name}`);
  const chosen = parseManifest(second.bytes, second.mediaType, source.name);
  if (chosen.kind === "index") throw invalid(source.name, "an index inside an index is not supported");
  return {
    ...chosen,
    bytes: second.bytes,
    digest: digestOf(second.bytes),
    indexDigest: digestOf(first.bytes),
  };
}

export function platformOf(choice: PlatformChoice | undefined, architecture: string): Platform {
  const host = hostPlatform(architecture);
  const variant = choice?.variant;
  return {
    os: choice?.os ?? host.os,
    architecture: choice?.arch ?? host.architecture,
    ...(variant === undefined ? {} : { variant }),
  };
}

type Parsed =
  | { readonly kind: "index"; readonly index: ImageIndex; readonly mediaType: string }
  | { readonly kind: "manifest"; readonly manifest: ImageManifest; readonly mediaType: string };

function parseManifest(bytes: Uint8Array, served: string, name: string): Parsed {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalid(name, `the manifest is no JSON: ${cause.message}`);
  }
  const fields = (parsed ?? {}) as Record<string, unknown>;
  const mediaType = mediaTypeOf(fields, served);
  if (isIndexType(mediaType)) return { kind: "index", index: checkIndex(fields, name), mediaType };
  if (isManifestType(mediaType))
    return { kind: "manifest", manifest: checkManifest(fields, name), mediaType };
  if (
    mediaType === MEDIA.dockerSchema1 ||
    mediaType === MEDIA.dockerSchema1Signed ||
    fields["schemaVersion"] === 1
  ) {
    throw invalid(name, "the manifest is of Docker's schema 1, which is no longer supported");
  }
  throw invalid(name, `unsupported manifest type ${JSON.stringify(mediaType)}`);
}

/** The document's own word counts before the server's: some serve everything as application/json. */
function mediaTypeOf(fields: Record<string, unknown>, served: string): string {
  const own = fields["mediaType"];
  if (typeof own === "string" && own !== "") return own;
  if (isIndexType(served) || isManifestType(served)) return served;
  if (Array.isArray(fields["manifests"])) return MEDIA.ociIndex;
  return Array.isArray(fields["layers"]) ? MEDIA.ociManifest : served;
}

function checkIndex(fields: Record<string, unknown>, name: string): ImageIndex {
  const { manifests } = fields;
  if (!Array.isArray(manifests)) throw invalid(name, "the index lists no manifests");
  for (const entry of manifests) checkDescriptor(entry, name);
  return fields as unknown as ImageIndex;
}

function checkManifest(fields: Record<string, unknown>, name: string): ImageManifest {
  const { config, layers } = fields;
  if (!Array.isArray(layers)) throw invalid(name, "the manifest lists no layers");
  if (layers.length > MAX_LAYERS) throw invalid(name, `${layers.length} layers are more than ${MAX_LAYERS}`);
  for (const entry of [config, ...layers]) checkDescriptor(entry, name);
  const manifest = fields as unknown as ImageManifest;
  const type = manifest.config.mediaType;
  if (type !== MEDIA.ociConfig && type !== MEDIA.dockerConfig) {
    throw invalid(name, `unsupported image-specific operation on artifact with type ${JSON.stringify(type)}`);
  }
  const odd = manifest.layers.find((layer) => !isLayerType(layer.mediaType));
  if (odd !== undefined)
    throw invalid(name, `layer ${odd.digest}: unsupported media type ${JSON.stringify(odd.mediaType)}`);
  return manifest;
}

function checkDescriptor(entry: unknown, name: string): void {
  const { digest, size, mediaType } = (entry ?? {}) as Partial<Descriptor>;
  if (typeof digest !== "string" || typeof mediaType !== "string")
    throw invalid(name, "a descriptor is malformed");
  if (!Number.isSafeInteger(size) || (size ?? -1) < 0) throw invalid(name, `${digest}: the size is invalid`);
  parseDigest(digest);
}

function chooseEntry(index: ImageIndex, mediaType: string, wanted: Platform): Descriptor {
  const entry = chooseFromIndex(index.manifests, wanted);
  if (entry !== undefined) return entry;
  const what = mediaType === MEDIA.dockerIndex ? "manifest list" : "image index";
  const { architecture, variant = "", os } = wanted;
  const offered = index.manifests
    .map(({ platform }) => platform)
    .filter((platform) => platform !== undefined && platform.os !== "unknown")
    .map((platform) => [platform?.os, platform?.architecture, platform?.variant].filter(Boolean).join("/"));
  throw new EngineError(
    "IMAGE_PLATFORM_MISSING",
    `choosing image instance: no image found in ${what} for architecture ${JSON.stringify(architecture)}, variant ${JSON.stringify(variant)}, OS ${JSON.stringify(os)}`,
    offered.length === 0 ? {} : { hint: `it has ${offered.join(", ")}` },
  );
}

/**
 * `present` is the configuration of an image that is in the store already: then nothing is fetched.
 * @throws IMAGE_MANIFEST_INVALID, IMAGE_DIGEST_MISMATCH
 */
export async function readConfig(
  source: ImageSource,
  manifest: ImageManifest,
  present: Uint8Array | undefined,
): Promise<ReadConfig> {
  const descriptor = manifest.config;
  const what = `config ${descriptor.digest}`;
  // What the disk has spoilt is read from the source again.
  const intact = present !== undefined && digestOf(present) === descriptor.digest;
  const bytes = intact
    ? present
    : await readVerified(source.blob(descriptor), descriptor, what, CONFIG_LIMIT);
  let config: ImageConfig;
  try {
    config = JSON.parse(Buffer.from(bytes).toString("utf8")) as ImageConfig;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalid(source.name, `${what} is no JSON: ${cause.message}`);
  }
  const diffIds: unknown = (config as Partial<ImageConfig> | null)?.rootfs?.diff_ids;
  if (!Array.isArray(diffIds) || diffIds.length !== manifest.layers.length) {
    const found = Array.isArray(diffIds) ? diffIds.length : 0;
    throw invalid(source.name, `the manifest has ${manifest.layers.length} layers, the config ${found}`);
  }
  for (const diffId of diffIds) checkDiffId(diffId, source.name);
  return { config, bytes };
}

function checkDiffId(diffId: unknown, name: string): void {
  if (typeof diffId !== "string") throw invalid(name, "a diffID in the config is no text");
  if (parseDigest(diffId).algorithm !== "sha256")
    throw invalid(name, `diffID ${diffId}: only sha256 is supported`);
}

function invalid(name: string, reason: string): EngineError {
  return new EngineError("IMAGE_MANIFEST_INVALID", `${name}: ${reason}`);
}
