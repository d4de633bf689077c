/** OCI image layouts, as a directory or inside a tar, and the plain `dir:` form of containers/image. */
import { parseDigest } from "@podwright/spec/distribution/digest";
import { bareMediaType, MEDIA } from "@podwright/spec/distribution/media-types";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor, ImageIndex } from "@podwright/spec/oci-image/types";
import type { ArchivedImage, ImageSource } from "../../../ports/image-source.ts";
import { type ArchiveFiles, readJson, readSmall } from "./archive-files.ts";

const MANIFEST_LIMIT = 4 << 20;

/** The first that a descriptor has is the image's name. */
const NAME_ANNOTATIONS = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/** All images of index.json. @throws IMAGE_ARCHIVE_INVALID */
export async function readOciLayout(files: ArchiveFiles, name: string): Promise<ArchivedImage[]> {
  const index = (await readJson(files, "index.json", MANIFEST_LIMIT)) as Partial<ImageIndex> | null;
  const manifests = index?.manifests;
  if (!Array.isArray(manifests) || manifests.length === 0) throw invalid("index.json lists no image");
  return manifests.map((descriptor) => ({
    source: layoutSource(files, name, descriptor),
    names: nameOf(descriptor),
  }));
}

function nameOf(descriptor: Descriptor): string[] {
  for (const key of NAME_ANNOTATIONS) {
    const name = descriptor.annotations?.[key];
    if (name !== undefined && name !== "") return [name];
  }
  return [];
}

function layoutSource(files: ArchiveFiles, name: string, root: Descriptor): ImageSource {
  return {
    name,
    blobsMatchDigests: true,
    manifest: async (digest) => {
      const bytes = await readSmall(files, blobPath(digest ?? root.digest), MANIFEST_LIMIT);
      return { bytes, mediaType: digest === undefined ? bareMediaType(root.mediaType) : "" };
    },
    blob: ({ digest }) => files.stream(blobPath(digest)),
    [Symbol.asyncDispose]: async () => {},
  };
}

function blobPath(digest: string): string {
  const { algorithm, hex } = parseDigest(digest);
  return `blobs/${algorithm}/${hex}`;
}

/** manifest.json and blobs named by their hex digits. @throws IMAGE_ARCHIVE_INVALID */
export async function readDirLayout(files: ArchiveFiles, name: string): Promise<ArchivedImage[]> {
  const bytes = await readSmall(files, "manifest.json", MANIFEST_LIMIT);
  const source: ImageSource = {
    name,
    blobsMatchDigests: true,
    manifest: async (digest) => {
      if (digest === undefined) return { bytes, mediaType: "" };
      const path = `${parseDigest(digest).hex}.manifest.json`;
      return { bytes: await readSmall(files, path, MANIFEST_LIMIT), mediaType: MEDIA.ociManifest };
    },
    blob: ({ digest }) => files.stream(parseDigest(digest).hex),
    [Symbol.asyncDispose]: async () => {},
  };
  return [{ source, names: [] }];
}

function invalid(reason: string): EngineError {
  return new EngineError("IMAGE_ARCHIVE_INVALID", `oci: ${reason}`);
}
