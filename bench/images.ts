/** Builds the images that are pulled: `bun bench/images.ts WORK` makes OCI directories WORK/big and WORK/ten-layers. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { requireSuccess } from "./process.ts";

const LAYERS = 10;
const CREATED = new Date(1_700_000_000_000).toISOString();
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
}

/** One tree, Debian's essential packages and PostgreSQL with its compiler: about 500 MB in 14,000 files. */
async function buildImages(work: string): Promise<void> {
  const tar = join(work, "tree.tar");
  await requireSuccess(
    [
      "mmdebstrap",
      "--mode=root",
      "--variant=essential",
      "--include=postgresql",
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      `--setup-hook=printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' >"$1"/etc/apt/preferences.d/usrmerge`,
      "--skip=output/mknod",
      await suite(),
      tar,
      "-",
    ],
    { stdin: await Bun.file(join(work, "sources.list")).text() },
  );
  await writeImage(join(work, "big"), [tar]);
  const parts = await split(work, tar);
  await writeImage(join(work, "ten-layers"), parts);
  for (const file of [tar, ...parts]) rmSync(file);
}

async function suite(): Promise<string> {
  const release = await Bun.file("/etc/os-release").text();
  return /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1] ?? "stable";
}

/** The same tree in layers of about the same size: what is pulled differs in nothing but the number of layers. */
async function split(work: string, tar: string): Promise<readonly string[]> {
  const tree = join(work, "tree");
  mkdirSync(tree);
  await requireSuccess(["tar", "--extract", "--numeric-owner", "--file", tar, "-C", tree]);
  const listed = await requireSuccess(["find", tree, "-mindepth", "1", "-printf", "%s %P\\0"]);
  const entries = listed
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => ({
      size: Number(line.slice(0, line.indexOf(" "))),
      path: line.slice(line.indexOf(" ") + 1),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const lists: string[][] = Array.from({ length: LAYERS }, () => []);
  let before = 0;
  for (const { size, path } of entries) {
    lists[Math.min(LAYERS - 1, Math.floor((before * LAYERS) / total))]?.push(path);
    before += size;
  }
  const parts: string[] = [];
  for (const [index, paths] of lists.entries()) {
    const part = join(work, `part-${index}.tar`);
    const options = ["--create", "--file", part, "--numeric-owner", "--no-recursion", "--null", "-C", tree];
    await requireSuccess(["tar", ...options, "--verbatim-files-from", "-T", "-"], {
      stdin: `${paths.join("\0")}\0`,
    });
    parts.push(part);
  }
  rmSync(tree, { recursive: true });
  return parts;
}

async function writeImage(directory: string, tars: readonly string[]): Promise<void> {
  mkdirSync(join(directory, "blobs", "sha256"), { recursive: true });
  const layers: Layer[] = [];
  for (const tar of tars) layers.push(await writeLayer(directory, tar));
  const config = await writeJson(directory, {
    created: CREATED,
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config: { Cmd: ["sh"] },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: layers.map(({ descriptor }) => descriptor),
  };
  const descriptor = { mediaType: manifest.mediaType, ...(await writeJson(directory, manifest)) };
  const index = { schemaVersion: 2, manifests: [descriptor] };
  await Bun.write(join(directory, "index.json"), JSON.stringify(index));
  await Bun.write(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
}

/** Compresses as registries' images are: gzip at its own level, without a time stamp. */
async function writeLayer(directory: string, tar: string): Promise<Layer> {
  const diffId = `sha256:${await sha256(tar)}`;
  await requireSuccess(["gzip", "-n", "-6", "--keep", "--force", tar]);
  const digest = await sha256(`${tar}.gz`);
  const { size } = Bun.file(`${tar}.gz`);
  await requireSuccess(["mv", `${tar}.gz`, join(directory, "blobs", "sha256", digest)]);
  const mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
  return { descriptor: { mediaType, digest: `sha256:${digest}`, size }, diffId };
}

async function writeJson(directory: string, value: unknown): Promise<Omit<Descriptor, "mediaType">> {
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

const [work] = process.argv.slice(2);
if (work === undefined) throw new Error("usage: bun bench/images.ts WORK");
await buildImages(work);
