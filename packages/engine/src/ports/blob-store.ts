/** Manifests and configurations by digest, as an OCI image layout keeps them. They are small. */
export interface BlobStore {
  /** Keeps `bytes` durably under their own digest, which must be `digest`. */
  put(digest: string, bytes: Uint8Array): Promise<void>;
  get(digest: string): Promise<Uint8Array | undefined>;
  remove(digest: string): Promise<void>;
  /** Digests of all blobs. */
  list(): Promise<string[]>;
}

/** Private places for work in progress; those of dead processes are removed by `sweep`. */
export interface Staging {
  open(): Promise<StageArea>;
  sweep(): Promise<void>;
}

export interface StageArea extends AsyncDisposable {
  readonly path: string;
}
