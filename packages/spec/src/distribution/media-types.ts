/** Media types of images: OCI's and those of Docker's schema 2 that mean the same. */
export const MEDIA = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerSchema1: "application/vnd.docker.distribution.manifest.v1+json",
  dockerSchema1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
} as const;

/** What a registry is asked for: everything that we can use, the widest first. */
export const ACCEPTED_MANIFESTS: readonly string[] = [
  MEDIA.ociIndex,
  MEDIA.ociManifest,
  MEDIA.dockerIndex,
  MEDIA.dockerManifest,
];

/** "application/json; charset=utf-8" → "application/json". */
export function bareMediaType(type: string): string {
  return (type.split(";")[0] ?? "").trim().toLowerCase();
}

export function isIndexType(type: string): boolean {
  return type === MEDIA.ociIndex || type === MEDIA.dockerIndex;
}

export function isManifestType(type: string): boolean {
  return type === MEDIA.ociManifest || type === MEDIA.dockerManifest;
}

/** Layers that hold a tar; encrypted, foreign-free of contents and artifact layers are not among them. */
export function isLayerType(type: string): boolean {
  return (
    type === MEDIA.dockerLayer ||
    type === MEDIA.dockerLayerGzip ||
    /^application\/vnd\.oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+gzip|\+zstd)?$/.test(type) ||
    /^application\/vnd\.docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.gzip|\.zstd)?$/.test(type)
  );
}
