/** Sends one image to a destination: its layers side by side, its configuration, and last its manifest. */
import { MEDIA } from "@podwright/spec/distribution/media-types";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor, ImageManifest } from "@podwright/spec/oci-image/types";
import type { BlobId } from "../ports/image-destination.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ImageContext } from "./context.ts";
import { checkDigest, digestOf } from "./digests.ts";
import {
  type ManifestFormat,
  missing,
  neighboursOf,
  type OwnManifest,
  sendLayers,
  type SendRequest,
} from "./send-layers.ts";

/** Gives the digest of the manifest that was written. */
export async function sendImage(ctx: ImageContext, request: SendRequest): Promise<string> {
  const { image, destination, progress } = request;
  progress({ kind: "source", text: "Getting image source signatures" });
  const own = await ownManifest(ctx, image);
  const format = formatFor(request, own.mediaType);
  const descriptors = await sendLayers(ctx, request, { own, format });
  request.signal?.throwIfAborted();
  const config = await sendConfig(ctx, request);
  const manifest = withDescriptors(own, format, { config, layers: descriptors });
  progress({ kind: "source", text: "Writing manifest to image destination" });
  await destination.finish({ ...manifest, config, layers: descriptors, names: request.names });
  return manifest.digest;
}

async function ownManifest(ctx: ImageContext, image: ImageRecord): Promise<OwnManifest> {
  const bytes = await ctx.blobs.get(image.digest);
  if (bytes === undefined) throw missing(image, `its manifest ${image.digest}`);
  checkDigest(bytes, image.digest, `manifest of image ${image.id}`);
  const manifest = JSON.parse(Buffer.from(bytes).toString("utf8")) as ImageManifest;
  return { manifest, bytes, mediaType: image.manifestType };
}

function formatFor({ destination, format, compression }: SendRequest, own: string): ManifestFormat {
  if (destination.manifests === "docker") return "docker";
  const wanted = format ?? (own === MEDIA.dockerManifest ? "docker" : "oci");
  if (compression?.format !== "zstd" || wanted === "oci") return wanted;
  // Docker's form has no name for zstd.
  if (format === undefined) return "oci";
  throw new EngineError(
    "CLI_USAGE",
    "compression format zstd cannot be used with manifest format v2s2, which knows only gzip",
  );
}

async function sendConfig(ctx: ImageContext, request: SendRequest): Promise<BlobId> {
  const { image, destination, progress } = request;
  const digest = `sha256:${image.id}`;
  const bytes = await ctx.blobs.get(digest);
  if (bytes === undefined) throw missing(image, "its configuration");
  checkDigest(bytes, digest, `config of image ${image.id}`);
  const known = { digest, size: bytes.length };
  const report = (state: "done" | "present"): void =>
    progress({ kind: "blob", digest, what: "config", done: known.size, total: known.size, state });
  if ((await destination.find(digest, neighboursOf(image))) !== undefined) {
    report("present");
    return known;
  }
  await destination.put({
    kind: "config",
    known,
    async *open() {
      yield bytes;
    },
  });
  report("done");
  return known;
}

/** The image's own bytes where nothing is different, so that its digest stays. */
function withDescriptors(
  own: OwnManifest,
  format: ManifestFormat,
  { config, layers }: { readonly config: BlobId; readonly layers: readonly Descriptor[] },
): { readonly bytes: Uint8Array; readonly mediaType: string; readonly digest: string } {
  const mediaType = format === "docker" ? MEDIA.dockerManifest : MEDIA.ociManifest;
  const same =
    own.mediaType === mediaType &&
    layers.length === own.manifest.layers.length &&
    layers.every((layer, index) => layer.digest === own.manifest.layers[index]?.digest);
  if (same) return { bytes: own.bytes, mediaType, digest: digestOf(own.bytes) };
  const annotations = format === "oci" ? own.manifest.annotations : undefined;
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: format === "docker" ? MEDIA.dockerConfig : MEDIA.ociConfig, ...config },
    layers: [...layers],
    ...(annotations === undefined ? {} : { annotations }),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { bytes, mediaType, digest: digestOf(bytes) };
}

/** `oci`, `v2s2` or `docker`; undefined for the image's own. @throws CLI_USAGE */
export function parseManifestFormat(text: string | undefined): ManifestFormat | undefined {
  switch (text) {
    case undefined:
    case "":
      return undefined;
    case "oci":
      return "oci";
    case "docker":
    case "v2s2":
      return "docker";
    case "v2s1":
      throw new EngineError("NOT_IMPLEMENTED", "manifest format v2s1 is obsolete and not supported");
    default:
      throw new EngineError(
        "CLI_USAGE",
        `unknown format ${JSON.stringify(text)}. Choose one of the supported formats: 'oci', 'v2s1', or 'v2s2'`,
      );
  }
}
