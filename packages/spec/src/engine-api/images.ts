import type { HistoryEntry, ImageConfig } from "../oci-image/types.ts";
import type { Filters, Labels, Outcome } from "./common.ts";

/** `--pull` and `pull --policy`. */
export type PullPolicy = "always" | "missing" | "never" | "newer";

export interface PlatformChoice {
  readonly os?: string;
  readonly arch?: string;
  readonly variant?: string;
}

export interface RegistryOptions {
  readonly authFile?: string;
  /** "user:password". */
  readonly creds?: string;
  readonly certDir?: string;
  readonly tlsVerify?: boolean;
  /** How often a failed request is tried again. */
  readonly retry?: number;
  /** Milliseconds before the first retry; doubles. */
  readonly retryDelay?: number;
}

export interface PullRequest extends RegistryOptions {
  /** Of a creation that follows: its event is that creation's. */
  readonly ahead?: boolean;
  /** As typed: a short name, a full reference, or `docker://…`, `docker-archive:…`, `oci-archive:…`, `oci:…`, `dir:…`. */
  readonly reference: string;
  readonly policy: PullPolicy;
  readonly platform?: PlatformChoice;
  readonly allTags?: boolean;
}

/** One step of a pull, in the order of events; a reporter turns these into bars or plain lines. */
export type PullProgress =
  | { readonly kind: "trying"; readonly reference: string }
  | { readonly kind: "source"; readonly text: string }
  | {
      readonly kind: "blob";
      readonly digest: string;
      readonly what: "layer" | "config" | "manifest";
      readonly done: number;
      readonly total: number;
      readonly state: "waiting" | "downloading" | "extracting" | "done" | "present";
    }
  | { readonly kind: "retry"; readonly reason: string; readonly delayMs: number };

export interface ImageSummary {
  /** 64 hex. */
  readonly id: string;
  readonly parentId: string;
  readonly names: readonly string[];
  readonly digest: string;
  readonly repoDigests: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Bytes of all layers, unpacked. */
  readonly size: number;
  readonly labels: Labels;
  readonly containers: number;
  readonly dangling: boolean;
  readonly readOnly: boolean;
  readonly history: readonly string[];
  readonly arch: string;
  readonly os: string;
}

export interface ImageInspect {
  readonly summary: ImageSummary;
  readonly config: ImageConfig;
  readonly manifestType: string;
  readonly annotations: Labels;
  readonly history: readonly HistoryEntry[];
  readonly layers: readonly string[];
  readonly graphDriver: { readonly name: string; readonly data: Readonly<Record<string, string>> };
}

/** One step of an image's making. */
export interface ImageHistoryLayer {
  /** Of the image that ends with this step, else "<missing>". */
  readonly id: string;
  /** Milliseconds since 1970; 0 where the image does not say. */
  readonly created: number;
  readonly createdBy: string;
  readonly comment: string;
  /** Bytes that its layer added, unpacked. */
  readonly size: number;
  /** Names of the images that end with its layer. */
  readonly tags: readonly string[];
}

export interface RemoveImagesOptions {
  readonly force: boolean;
  readonly ignore: boolean;
  readonly noPrune: boolean;
}

/** One removed image: the names that were dropped, and the ids whose content is gone. */
export interface RemovedImage {
  readonly input: string;
  readonly untagged: readonly string[];
  readonly deleted: readonly string[];
  readonly error?: Error;
}

export interface ImportRequest {
  /** A path, a URL, or "-" for standard input. */
  readonly source: string;
  readonly reference?: string;
  readonly message?: string;
  /** Dockerfile-like instructions: `CMD …`, `ENV …`. */
  readonly changes: readonly string[];
  readonly platform?: PlatformChoice;
}

export interface PushRequest extends RegistryOptions {
  /** A name or an id. */
  readonly source: string;
  /**
   * As typed: a name in a registry, or `docker://…`, `docker-archive:…`, `oci-archive:…`, `oci:…`, `dir:…`; the
   * image's own name without.
   */
  readonly destination?: string;
  /** "oci", "v2s2"; the image's own without. */
  readonly format?: string;
  readonly compression?: { readonly format: "gzip" | "zstd"; readonly level?: number };
  /** A layer that is there in another compression is sent all the same. */
  readonly forceCompression: boolean;
  /** Layers in a `dir:` are compressed. */
  readonly compress: boolean;
}

export type SaveFormat = "docker-archive" | "oci-archive" | "oci-dir" | "docker-dir";

export interface SaveRequest {
  readonly names: readonly string[];
  /** Further names for a single image. */
  readonly additionalTags: readonly string[];
  readonly format: SaveFormat;
  /** A file, or a directory for the `-dir` formats; "-" is standard output. */
  readonly output: string;
  /** Layers in a docker-dir are compressed. */
  readonly compress: boolean;
  /** Layers in the OCI formats are not compressed. */
  readonly uncompressed: boolean;
}

export interface LayerNode {
  /** Its chainID. */
  readonly id: string;
  /** Bytes, unpacked. */
  readonly size: number;
  /** Of the images that end with this layer. */
  readonly names: readonly string[];
  readonly children: readonly LayerNode[];
}

export interface ImageTree {
  readonly id: string;
  readonly names: readonly string[];
  readonly size: number;
  readonly layers: readonly LayerNode[];
}

export interface ImageSelection {
  readonly names: readonly string[];
  /** Instead of names. */
  readonly all: boolean;
}

export interface MountedImage {
  readonly id: string;
  readonly digest: string;
  readonly names: readonly string[];
  /** On the host. */
  readonly path: string;
}

export interface ImagesApi {
  /** Gives the digest of the manifest as the destination has it. */
  push(request: PushRequest, progress: (event: PullProgress) => void, signal?: AbortSignal): Promise<string>;
  save(request: SaveRequest, progress: (event: PullProgress) => void, signal?: AbortSignal): Promise<void>;
  /** Gives the ids pulled (several with `allTags`). */
  pull(
    request: PullRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<string[]>;
  list(filters: Filters, options: { readonly all: boolean; readonly name?: string }): Promise<ImageSummary[]>;
  /** @throws IMAGE_NOT_KNOWN */
  inspect(nameOrId: string): Promise<ImageInspect>;
  exists(nameOrId: string): Promise<boolean>;
  /** The last step first. @throws IMAGE_NOT_KNOWN */
  history(nameOrId: string): Promise<ImageHistoryLayer[]>;
  /** All layers of the image, or with `children` its last one and what stands on it. @throws IMAGE_NOT_KNOWN */
  tree(nameOrId: string, options: { readonly children: boolean }): Promise<ImageTree>;
  remove(
    namesOrIds: readonly string[],
    options: RemoveImagesOptions & { readonly all: boolean },
  ): Promise<RemovedImage[]>;
  tag(nameOrId: string, names: readonly string[]): Promise<void>;
  /** Without names, all names are removed. */
  untag(nameOrId: string, names: readonly string[]): Promise<void>;
  /** Loads a docker-archive or oci-archive file ("-" is standard input); gives the names, or ids where unnamed. */
  load(source: string, progress: (event: PullProgress) => void, signal?: AbortSignal): Promise<string[]>;
  import(
    request: ImportRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<string>;
  prune(filters: Filters, options: { readonly all: boolean }): Promise<RemovedImage[]>;
  /** Read only, on the host. @throws IMAGE_NOT_KNOWN before anything is mounted */
  mount(selection: ImageSelection): Promise<readonly MountedImage[]>;
  /** Images that are not mounted are left out. @throws IMAGE_NOT_KNOWN */
  unmount(selection: ImageSelection): Promise<readonly Outcome[]>;
  mounted(): Promise<readonly MountedImage[]>;
}

export type { Outcome };
