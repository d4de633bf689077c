import type { ImageConfig } from "@podwright/spec/oci-image/types";

/** An image in the store. Its id is the SHA-256 of its config, as in Podman. */
export interface ImageRecord {
  /** 64 hex. */
  readonly id: string;
  /** Digest of the manifest that it came with, "sha256:…". */
  readonly digest: string;
  readonly manifestType: string;
  /** The manifest's and the config's exact bytes are blobs in the store's OCI layout. */
  readonly config: ImageConfig;
  /** chainIDs, the lowest layer first. */
  readonly layers: readonly string[];
  /** Full references with tag: docker.io/library/nginx:latest. */
  readonly names: readonly string[];
  /** Names that it ever had. */
  readonly namesHistory: readonly string[];
  /** repo@digest for each repository it was pulled from. */
  readonly repoDigests: readonly string[];
  /** Milliseconds since 1970, of the record. */
  readonly stored: number;
  /** Bytes of all layers, unpacked. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface LayerRecord {
  /** chainID (image-spec, "Layer ChainID"): 64 hex, no prefix. */
  readonly chainId: string;
  readonly diffId: string;
  /** "" for the lowest. */
  readonly parent: string;
  /** Digests of compressed blobs that gave this layer. */
  readonly blobDigests: readonly string[];
  /** Those of them whose size and form are known: what a push may refer to instead of sending the layer. */
  readonly blobs?: readonly LayerBlob[];
  /** Bytes, unpacked. */
  readonly size: number;
  /** "dir": unpacked under layers/<chainId>/diff. */
  readonly sink: "dir" | "erofs";
}

/** A layer as it lies, or lay, in a registry. */
export interface LayerBlob {
  readonly digest: string;
  readonly size: number;
  readonly compression: "gzip" | "zstd" | "none";
}
