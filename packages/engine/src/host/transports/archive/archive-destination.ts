/** Saved images: the docker-archive form, OCI layouts (in a tar or a directory), and the `dir:` form. */
import { parseDigest } from "@podwright/spec/distribution/digest";
import { MEDIA } from "@podwright/spec/distribution/media-types";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Descriptor, ImageIndex } from "@podwright/spec/oci-image/types";
import { readFile, rm, stat } from "node:fs/promises";
import type { Staging } from "../../../ports/blob-store.ts";
import type {
  ArchiveDestination,
  BlobId,
  ImageDestination,
  OutgoingBlob,
  OutgoingManifest,
} from "../../../ports/image-destination.ts";
import { isErrno } from "../../sys/libc.ts";
import { DirectoryTarget, type FileTarget, TarTarget } from "./file-target.ts";

const REF_NAME = "org.opencontainers.image.ref.name";
const DIR_VERSION = "Directory Transport Version: 1.1\n";

/** @throws IMAGE_ARCHIVE_INVALID when what stands there must not be written over. */
export async function openArchiveDestination(
  request: ArchiveDestination,
  staging: Staging,
): Promise<ImageDestination> {
  const { transport, path, refName } = request;
  const name = `${transport}:${path}`;
  switch (transport) {
    case "docker-archive":
      if (path !== "-" && (await isFilled(path))) {
        throw new EngineError(
          "IMAGE_ARCHIVE_INVALID",
          "docker-archive doesn't support modifying existing images",
        );
      }
      return new DockerArchive(name, TarTarget.open(path, staging));
    case "oci-archive":
      return new OciLayout(name, TarTarget.open(path, staging), {
        refName,
        layers: request.layers,
        index: [],
      });
    case "oci": {
      const index = await presentIndex(path);
      const target = await DirectoryTarget.open(path);
      return new OciLayout(name, target, { refName, layers: request.layers, index });
    }
    case "dir":
      return new DirLayout(name, await openDirTarget(path), request.layers ?? "plain");
  }
}

async function isFilled(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size > 0;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

/** A directory that holds an image of this form is written anew; any other must be empty. */
async function openDirTarget(path: string): Promise<DirectoryTarget> {
  const target = await DirectoryTarget.open(path);
  const names = await target.names();
  if (names.length === 0) return target;
  const version = await textOf(`${path}/version`);
  if (version === undefined || !version.startsWith("Directory Transport Version: ")) {
    throw new EngineError(
      "IMAGE_ARCHIVE_INVALID",
      `dir:${path}: the directory holds other files: not a containers image directory, don't want to overwrite important data`,
    );
  }
  for (const name of names) await rm(`${path}/${name}`, { recursive: true, force: true });
  return target;
}

async function presentIndex(path: string): Promise<Descriptor[]> {
  const text = await textOf(`${path}/index.json`);
  if (text === undefined) return [];
  try {
    const { manifests } = JSON.parse(text) as Partial<ImageIndex>;
    if (Array.isArray(manifests)) return manifests;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new EngineError("IMAGE_ARCHIVE_INVALID", `oci:${path}: index.json is malformed`);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

abstract class Archive implements ImageDestination {
  abstract readonly layers: "compressed" | "plain";
  #closed = false;

  constructor(
    readonly name: string,
    protected readonly target: FileTarget,
  ) {}

  protected abstract fileOf(digest: string): string;
  protected abstract writeIndex(): Promise<void>;
  abstract finish(manifest: OutgoingManifest): Promise<void>;

  async find(digest: string): Promise<number | undefined> {
    return await this.target.size(this.fileOf(digest));
  }

  put(blob: OutgoingBlob): Promise<BlobId> {
    return this.target.put(blob, ({ digest }) => this.fileOf(digest));
  }

  async close(): Promise<void> {
    await this.writeIndex();
    await this.target.close();
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.target.abandon();
    this.#closed = true;
  }
}

class DockerArchive extends Archive {
  readonly layers = "plain";
  readonly manifests = "docker";
  readonly #items: { Config: string; RepoTags: readonly string[]; Layers: string[] }[] = [];
  readonly #configs = new Set<string>();

  /** Layers and configurations are told apart by what they are called. */
  protected fileOf(digest: string): string {
    const { hex } = parseDigest(digest);
    return this.#configs.has(digest) ? `${hex}.json` : `${hex}.tar`;
  }

  override put(blob: OutgoingBlob): Promise<BlobId> {
    if (blob.kind === "config" && blob.known !== undefined) this.#configs.add(blob.known.digest);
    return super.put(blob);
  }

  async finish({ config, layers, names }: OutgoingManifest): Promise<void> {
    this.#items.push({
      Config: `${parseDigest(config.digest).hex}.json`,
      RepoTags: names,
      Layers: layers.map(({ digest }) => this.fileOf(digest)),
    });
  }

  protected async writeIndex(): Promise<void> {
    await this.target.text("manifest.json", JSON.stringify(this.#items));
  }
}

interface LayoutOptions {
  readonly refName: string | undefined;
  readonly layers: "compressed" | "plain" | undefined;
  /** Images that the layout has already. */
  readonly index: readonly Descriptor[];
}

class OciLayout extends Archive {
  readonly layers: "compressed" | "plain";
  readonly #refName: string | undefined;
  #index: readonly Descriptor[];

  constructor(name: string, target: FileTarget, { refName, layers, index }: LayoutOptions) {
    super(name, target);
    this.layers = layers ?? "compressed";
    this.#refName = refName;
    this.#index = index;
  }

  protected fileOf(digest: string): string {
    const { algorithm, hex } = parseDigest(digest);
    return `blobs/${algorithm}/${hex}`;
  }

  async finish({ bytes, mediaType, digest }: OutgoingManifest): Promise<void> {
    await this.target.text(this.fileOf(digest), bytes);
    const name = this.#refName;
    const descriptor: Descriptor = {
      mediaType,
      digest,
      size: bytes.length,
      ...(name === undefined ? {} : { annotations: { [REF_NAME]: name } }),
    };
    const others = this.#index.filter((entry) =>
      name === undefined ? entry.digest !== digest : entry.annotations?.[REF_NAME] !== name,
    );
    this.#index = [...others, descriptor];
  }

  /** The index comes last: before it, a layout that is being written shows nothing. */
  protected async writeIndex(): Promise<void> {
    await this.target.text("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    const index: ImageIndex = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [...this.#index] };
    await this.target.text("index.json", JSON.stringify(index));
  }
}

class DirLayout extends Archive {
  #manifest: Uint8Array | undefined;

  constructor(
    name: string,
    target: FileTarget,
    readonly layers: "compressed" | "plain",
  ) {
    super(name, target);
  }

  protected fileOf(digest: string): string {
    return parseDigest(digest).hex;
  }

  async finish({ bytes }: OutgoingManifest): Promise<void> {
    this.#manifest = bytes;
  }

  protected async writeIndex(): Promise<void> {
    await this.target.text("version", DIR_VERSION);
    if (this.#manifest !== undefined) await this.target.text("manifest.json", this.#manifest);
  }
}
