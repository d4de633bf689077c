/** Where images come from: a registry, an archive, a directory. */
import type { Reference } from "@podwright/spec/distribution/reference";
import type { RegistryOptions } from "@podwright/spec/engine-api/images";
import type { Descriptor } from "@podwright/spec/oci-image/types";

export interface ManifestBytes {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** One image, or one index of images, that can be read. */
export interface ImageSource extends AsyncDisposable {
  /** "docker://docker.io/library/nginx:latest", as errors name it. */
  readonly name: string;
  /** False where layers are named by their diffID though they may lie compressed (docker-archive). */
  readonly blobsMatchDigests: boolean;
  /** The manifest or index, or the one with that digest out of an index. The caller checks digests. */
  manifest(digest?: string): Promise<ManifestBytes>;
  /** The blob's bytes from the start. The caller checks size and digest. */
  blob(descriptor: Descriptor): AsyncIterable<Uint8Array>;
}

/** An image in an archive, with the names that the archive gives it. */
export interface ArchivedImage {
  readonly source: ImageSource;
  readonly names: readonly string[];
}

/** Who waits for requests: may give up, and hears of retries. */
export interface RequestWatch {
  readonly signal?: AbortSignal;
  readonly onRetry?: (reason: string, delayMs: number) => void;
}

export type ArchiveTransport = "docker-archive" | "oci-archive" | "oci" | "dir";

export interface ImageTransports {
  /** Mirrors in order, then the registry itself. @throws REGISTRY_UNAVAILABLE, REGISTRY_UNAUTHORIZED, … */
  registry(reference: Reference, options: RegistryOptions, watch: RequestWatch): Promise<ImageSource>;
  tags(reference: Reference, options: RegistryOptions, watch: RequestWatch): Promise<string[]>;
  /** Opens a file or directory; `path` may name one of its images: `archive.tar:name:tag`. */
  archive(transport: ArchiveTransport, path: string): Promise<OpenArchive>;
  /** As `archive`, whatever it is; also a URL, and "-", standard input. @throws IMAGE_ARCHIVE_INVALID */
  anyArchive(source: string, signal?: AbortSignal): Promise<OpenArchive>;
  /** Bytes of a file, a URL or "-". */
  stream(source: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

export interface OpenArchive extends AsyncDisposable {
  readonly images: readonly ArchivedImage[];
}

/** What registries.conf and policy.json say of names. */
export interface NamePolicy {
  /** Full names to try for a short one, in order. @throws IMAGE_PULL_FAILED when there is none to try */
  candidates(name: string): NameCandidates;
  /** Full names under which a short one may stand in the local store, in order. */
  localCandidates(name: string): readonly Reference[];
  /** @throws IMAGE_POLICY_REJECTED */
  checkPolicy(transport: string, reference: Reference | undefined): void;
}

export interface NameCandidates {
  readonly references: readonly Reference[];
  /** `Resolved "x" as an alias (/etc/…)`, "" where nothing was resolved. */
  readonly description: string;
}
