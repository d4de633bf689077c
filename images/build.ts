/** Builds OCI image directories from the recipes: `bun images/build.ts WORK IMAGE...` makes WORK/IMAGE. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type DebianLayer, type ImageConfig, RECIPES, type TreeLayer } from "./recipes.ts";

const CREATED = new Date(1_700_000_000_000).toISOString();
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const UNWANTED = ["/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*", "/usr/share/info/*"];

interface Blob {
  readonly digest: string;
  readonly size: number;
}

/** `work` holds sources.list, and takes the images and what is in the making. */
async function buildImage(work: string, name: string): Promise<void> {
  const recipe = RECIPES[name];
  if (recipe === undefined) throw new Error(`no recipe for an image ${name}`);
  const directory = join(work, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  const layers: (Blob & { diffId: string })[] = [];
  for (const [index, layer] of recipe.layers.entries()) {
    const tar = join(work, `${name}-${index}.tar`);
    await (layer.kind === "debian" ? debianTar(layer, { work, tar }) : treeTar(layer, { work, tar }));
    layers.push(await writeLayer(directory, tar));
    rmSync(tar);
  }
  await writeManifest(directory, layers, recipe.config);
}

interface TarRequest {
  readonly work: string;
  readonly tar: string;
}

async function debianTar(layer: DebianLayer, { work, tar }: TarRequest): Promise<void> {
  const sources = await Bun.file(join(work, "sources.list")).text();
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(await Bun.file("/etc/os-release").text())?.[1] ?? "stable";
  await run(
    [
      "mmdebstrap",
      "--mode=root",
      "--variant=essential",
      // A tree that begins with its links to /usr needs no program to make them, nor the Perl that it is written in.
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      `--setup-hook=printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' >"$1"/etc/apt/preferences.d/usrmerge`,
      "--skip=output/mknod",
      `--include=${layer.packages.join(",")}`,
      ...[...UNWANTED, ...(layer.unwanted ?? [])].map((path) => `--dpkgopt=path-exclude=${path}`),
      // A file of ours stands where a package has one: no question about it.
      "--dpkgopt=force-confold",
      ...(layer.first === undefined ? [] : [`--essential-hook=${layer.first}`]),
      `--customize-hook=IMAGES=${import.meta.dir}; ${layer.script}`,
      suite,
      tar,
      "-",
    ],
    { stdin: sources },
  );
}

async function treeTar(layer: TreeLayer, { tar }: TarRequest): Promise<void> {
  const tree = `${tar}.tree`;
  mkdirSync(tree);
  await run(["sh", "-euc", layer.script, "sh", tree], {
    env: { ...process.env, IMAGES: import.meta.dir },
  });
  await run([
    "tar",
    "--create",
    "--file",
    tar,
    "--numeric-owner",
    "--sort=name",
    "--mtime=@1700000000",
    "-C",
    tree,
    ".",
  ]);
  rmSync(tree, { recursive: true });
}

/** Compresses with gzip, without a time stamp, so that the same tree gives the same blob. */
async function writeLayer(directory: string, tar: string): Promise<Blob & { diffId: string }> {
  const diffId = await sha256(tar);
  await run(["gzip", "-n", "-6", "--keep", "--force", tar]);
  const digest = await sha256(`${tar}.gz`);
  const { size } = Bun.file(`${tar}.gz`);
  await run(["mv", `${tar}.gz`, join(directory, "blobs", "sha256", digest)]);
  return { digest: `sha256:${digest}`, size, diffId: `sha256:${diffId}` };
}

async function writeManifest(
  directory: string,
  layers: readonly (Blob & { diffId: string })[],
  config: ImageConfig,
): Promise<void> {
  const image = {
    created: CREATED,
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map((_, index) => ({ created: CREATED, created_by: `images/build.ts layer ${index}` })),
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...(await writeJson(directory, image)) },
    layers: layers.map(({ digest, size }) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      digest,
      size,
    })),
  };
  const descriptor = { mediaType: manifest.mediaType, ...(await writeJson(directory, manifest)) };
  await Bun.write(
    join(directory, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }),
  );
  await Bun.write(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

async function writeJson(directory: string, value: unknown): Promise<Blob> {
  const text = JSON.stringify(value);
  const digest = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  await Bun.write(join(directory, "blobs", "sha256", digest), text);
  return { digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
}

async function sha256(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).stream()) hasher.update(chunk);
  return hasher.digest("hex");
}

interface RunOptions {
  readonly stdin?: string;
  readonly env?: Record<string, string | undefined>;
}

async function run(argv: readonly string[], options: RunOptions = {}): Promise<void> {
  const child = Bun.spawn([...argv], {
    stdin: options.stdin === undefined ? "ignore" : Buffer.from(options.stdin),
    stdout: "inherit",
    stderr: "inherit",
    env: options.env ?? process.env,
  });
  if ((await child.exited) !== 0) throw new Error(`${argv[0]} failed`);
}

const [work, ...names] = process.argv.slice(2);
if (work === undefined || names.length === 0) throw new Error("usage: bun images/build.ts WORK IMAGE...");
await Promise.all(names.map((name) => buildImage(work, name)));
