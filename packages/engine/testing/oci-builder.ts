/** Builds images as OCI layouts for tests: layers from tar bytes, manifests, indexes. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { buildTar, type TarFile } from "./tar-builder.ts";

export interface LayerSpec {
  readonly files?: readonly TarFile[];
  readonly tar?: Buffer;
  readonly compression?: "none" | "gzip" | "zstd";
  /** Instead of the right one. */
  readonly diffId?: string;
}

export interface ImageSpec {
  readonly layers: readonly LayerSpec[];
  readonly config?: Record<string, unknown>;
  readonly architecture?: string;
  readonly variant?: string;
  readonly created?: string;
}

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

export const sha256 = (data: Buffer | string): string =>
  `sha256:${createHash("sha256").update(data).digest("hex")}`;

const CREATED = "2024-01-02T03:04:05Z";
const LAYER = "application/vnd.oci.image.layer.v1.tar";
const SUFFIX = { none: "", gzip: "+gzip", zstd: "+zstd" } as const;

export class OciLayout {
  readonly directory: string;
  readonly #manifests: object[] = [];

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(`${directory}/blobs/sha256`, { recursive: true });
    writeFileSync(`${directory}/oci-layout`, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  }

  /** Adds an image under a name and gives its manifest's digest. */
  add(name: string, spec: ImageSpec): string {
    const manifest = this.#image(spec);
    this.#name(name, manifest);
    return manifest.digest;
  }

  /** Adds an index of images for several platforms; gives its digest and those of the manifests. */
  addIndex(name: string, specs: readonly ImageSpec[]): { digest: string; manifests: string[] } {
    const manifests = specs.map((spec) => ({
      ...this.#image(spec),
      platform: {
        os: "linux",
        architecture: spec.architecture ?? "amd64",
        ...(spec.variant === undefined ? {} : { variant: spec.variant }),
      },
    }));
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const index = this.#json({ schemaVersion: 2, mediaType, manifests }, mediaType);
    this.#name(name, index);
    return { digest: index.digest, manifests: manifests.map(({ digest }) => digest) };
  }

  #image(spec: ImageSpec): Blob {
    const layers = spec.layers.map((layer) => this.#layer(layer));
    const config = this.#json(
      {
        created: spec.created ?? CREATED,
        architecture: spec.architecture ?? "amd64",
        os: "linux",
        ...(spec.variant === undefined ? {} : { variant: spec.variant }),
        config: spec.config ?? { Cmd: ["/bin/true"] },
        rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
        history: layers.map((_, index) => ({
          created: spec.created ?? CREATED,
          created_by: `layer ${index}`,
        })),
      },
      "application/vnd.oci.image.config.v1+json",
    );
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const descriptors = layers.map(({ blob }) => blob);
    return this.#json({ schemaVersion: 2, mediaType, config, layers: descriptors }, mediaType);
  }

  #layer(spec: LayerSpec): { blob: Blob; diffId: string } {
    const tar = spec.tar ?? buildTar(spec.files ?? []);
    const compression = spec.compression ?? "gzip";
    const data =
      compression === "gzip" ? gzipSync(tar) : compression === "zstd" ? zstdCompressSync(tar) : tar;
    return { blob: this.#blob(data, `${LAYER}${SUFFIX[compression]}`), diffId: spec.diffId ?? sha256(tar) };
  }

  #json(value: unknown, mediaType: string): Blob {
    return this.#blob(Buffer.from(JSON.stringify(value)), mediaType);
  }

  #blob(data: Buffer, mediaType: string): Blob {
    const digest = sha256(data);
    writeFileSync(`${this.directory}/blobs/sha256/${digest.slice(7)}`, data);
    return { mediaType, digest, size: data.length };
  }

  #name(name: string, blob: Blob): void {
    this.#manifests.push({ ...blob, annotations: { "org.opencontainers.image.ref.name": name } });
    const index = { schemaVersion: 2, manifests: this.#manifests };
    writeFileSync(`${this.directory}/index.json`, JSON.stringify(index));
  }
}
