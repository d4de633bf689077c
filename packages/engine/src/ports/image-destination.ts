/** Where images go: a registry, an archive, a directory. */
import type { Reference } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import type { ArchiveTransport, RequestWatch } from "./image-source.ts";

export interface CompressionChoice {
  readonly format: "gzip" | "zstd";
  /** The format's own scale; its default without. */
  readonly level?: number;
}

export interface OutgoingBlob {
  readonly kind: "layer" | "config";
  /** Its bytes from the start, anew each time: a request that breaks is made again. */
  open(): AsyncIterable<Uint8Array>;
  /** Applied on the way; without, the bytes go as they are. */
  readonly compression?: CompressionChoice;
  /** What goes out, where that is known before. */
  readonly known?: BlobId;
}

export interface BlobId {
  readonly digest: string;
  readonly size: number;
}

export interface OutgoingManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: string;
  readonly config: BlobId;
  /** The lowest first. */
  readonly layers: readonly BlobId[];
  /** Full names that the archive is to carry. */
  readonly names: readonly string[];
}

/** Takes images. Without `close` nothing of them stays visible where that is possible. */
export interface ImageDestination extends AsyncDisposable {
  /** "docker://docker.io/library/nginx:latest", as errors name it. */
  readonly name: string;
  /** How layers are kept there unless something else is asked for. */
  readonly layers: "compressed" | "plain";
  /** The only form of manifests that it takes, where it does not take any. */
  readonly manifests?: "docker";
  /**
   * Its size when the blob is there, or could be had from one of the other repositories ("host/path") without
   * being sent.
   */
  find(digest: string, otherRepositories: readonly string[]): Promise<number | undefined>;
  /** Gives what it is called there. */
  put(blob: OutgoingBlob): Promise<BlobId>;
  /** The image is whole: all its blobs are there. */
  finish(manifest: OutgoingManifest): Promise<void>;
  /** Nothing more comes. */
  close(): Promise<void>;
}

export interface ImageDestinations {
  /** @throws REGISTRY_UNAVAILABLE, REGISTRY_UNAUTHORIZED */
  registry(reference: Reference, options: RegistryOptions, watch: RequestWatch): Promise<ImageDestination>;
  archive(request: ArchiveDestination): Promise<ImageDestination>;
}

export interface ArchiveDestination {
  readonly transport: ArchiveTransport;
  /** A file or directory; "-" is standard output. */
  readonly path: string;
  /** The name that an OCI layout gives the image in its index, if any. */
  readonly refName?: string;
  /** Layers go as they are even where the form usually has them compressed, or the other way round. */
  readonly layers?: "compressed" | "plain";
}
