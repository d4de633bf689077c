/** `save`: images into an archive or a directory that `load`, and other tools, take back. */
import {
  formatReference,
  isShortName,
  parseReference,
  withDefaultTag,
} from "@podwright/spec/distribution/reference";
import type { PullProgress, SaveFormat, SaveRequest } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ImageDestination } from "../ports/image-destination.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import type { ArchiveTransport } from "../ports/image-source.ts";
import type { ImageContext } from "./context.ts";
import { imageEvent } from "./image-event.ts";
import { resolveImage } from "./resolve.ts";
import { sendImage } from "./send-image.ts";
import type { ManifestFormat } from "./send-layers.ts";

export interface SaveOptions {
  readonly progress: (event: PullProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Form {
  readonly transport: ArchiveTransport;
  /** The image's own without. */
  readonly manifest?: ManifestFormat;
}

const FORMS: Readonly<Record<SaveFormat, Form>> = {
  "docker-archive": { transport: "docker-archive", manifest: "docker" },
  "oci-archive": { transport: "oci-archive", manifest: "oci" },
  "oci-dir": { transport: "oci", manifest: "oci" },
  "docker-dir": { transport: "dir", manifest: "docker" },
};

/** @throws IMAGE_NOT_KNOWN, IMAGE_LAYER_INCOMPLETE, IMAGE_LAYER_CHANGED */
export async function saveImages(
  ctx: ImageContext,
  request: SaveRequest,
  options: SaveOptions,
): Promise<void> {
  const chosen = chooseImages(ctx, request);
  const form = FORMS[request.format];
  await using destination = await open(ctx, request, form, chosen);
  for (const { image, names } of chosen) {
    await sendImage(ctx, { image, destination, names, format: form.manifest, ...options });
  }
  await destination.close();
  for (const { image } of chosen) ctx.events.write(imageEvent("save", image.id, request.output));
}

interface Chosen {
  readonly image: ImageRecord;
  readonly names: readonly string[];
}

/** Several names of one image are one image with several names. */
function chooseImages(ctx: ImageContext, { names, additionalTags, format }: SaveRequest): Chosen[] {
  if (names.length > 1 && format !== "docker-archive") {
    throw new EngineError(
      "CLI_USAGE",
      `unsupported format ${JSON.stringify(format)} for saving multiple images (only docker-archive)`,
    );
  }
  const extra = additionalTags.map(tagName);
  const chosen = new Map<string, { image: ImageRecord; names: Set<string> }>();
  for (const input of names) {
    const { image, name } = resolveImage(ctx, input);
    const entry = chosen.get(image.id) ?? { image, names: new Set(extra) };
    // An image that was named by its id keeps no name.
    if (image.names.includes(name)) entry.names.add(name);
    chosen.set(image.id, entry);
  }
  return [...chosen.values()].map((entry) => ({ image: entry.image, names: [...entry.names] }));
}

function tagName(text: string): string {
  const full = isShortName(text) ? `localhost/${text}` : text;
  return formatReference(withDefaultTag(parseReference(full)));
}

async function open(
  ctx: ImageContext,
  { output, compress, uncompressed }: SaveRequest,
  { transport }: Form,
  chosen: readonly Chosen[],
): Promise<ImageDestination> {
  const [refName] = chosen[0]?.names ?? [];
  const isLayout = transport === "oci" || transport === "oci-archive";
  return await ctx.destinations.archive({
    transport,
    path: output,
    ...(refName === undefined ? {} : { refName }),
    ...(isLayout && uncompressed ? { layers: "plain" } : {}),
    ...(transport === "dir" && compress ? { layers: "compressed" } : {}),
  });
}
