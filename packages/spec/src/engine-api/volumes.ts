/** Volumes: what callers may ask and what they are told. */
import type { ByteSink, Filters, Labels, Outcome } from "./common.ts";

export interface VolumeRequest {
  /** Absent: a random 64-hex name. */
  readonly name?: string;
  readonly driver?: string;
  readonly labels: Labels;
  readonly options: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  readonly anonymous?: boolean;
  /** `--ignore`: an existing volume of that name is not an error. */
  readonly ignore?: boolean;
}

export interface VolumeInfo {
  readonly name: string;
  readonly driver: string;
  readonly mountpoint: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly labels: Labels;
  readonly options: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
  readonly anonymous: boolean;
  /** True until the first container that mounts it has filled it from its image. */
  readonly needsCopyUp: boolean;
  readonly needsChown: boolean;
  readonly mountCount: number;
}

export interface VolumesApi {
  create(request: VolumeRequest): Promise<VolumeInfo>;
  list(filters: Filters): Promise<VolumeInfo[]>;
  /** A name or an unambiguous prefix. @throws VOLUME_NOT_FOUND */
  inspect(name: string): Promise<VolumeInfo>;
  exists(name: string): Promise<boolean>;
  remove(
    names: readonly string[],
    options: { readonly all: boolean; readonly force: boolean; readonly timeout?: number },
  ): Promise<Outcome[]>;
  prune(filters: Filters, options: { readonly all: boolean }): Promise<Outcome[]>;
  /** The volume's files as an uncompressed tar. */
  export(name: string, sink: ByteSink, signal?: AbortSignal): Promise<void>;
  /** Unpacks a tar, compressed or not, over what is there. */
  import(name: string, archive: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
}
