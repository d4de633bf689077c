/** Opens what `load` and `pull TRANSPORT:PATH` are given: finds its format, undoes compression, spools pipes. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { StageArea, Staging } from "../../../ports/blob-store.ts";
import type { ArchivedImage, ArchiveTransport, OpenArchive } from "../../../ports/image-source.ts";
import { decompress, detect } from "../../../tar/decompress.ts";
import { isErrno } from "../../sys/libc.ts";
import { DirectoryFiles, readFileStream, TarFiles } from "./archive-files.ts";
import { readDockerArchive } from "./docker-archive.ts";
import { readDirLayout, readOciLayout } from "./oci-layout.ts";

const PIPE = "-";
const STDIN = "/dev/stdin";

/** `location` may name one image of several: `/x.tar:docker.io/library/nginx:latest`. */
export async function openArchive(
  transport: ArchiveTransport,
  location: string,
  staging: Staging,
): Promise<OpenArchive> {
  const { path, name } = await splitLocation(location);
  const title = `${transport}:${path}`;
  if (transport === "oci" || transport === "dir") {
    const files = new DirectoryFiles(path);
    const images =
      transport === "oci" ? await readOciLayout(files, title) : await readDirLayout(files, title);
    return opened(chosen(images, name, title), undefined);
  }
  const { files, area } = await openTar(path, staging);
  return await guarded(area, async () => {
    const images =
      transport === "docker-archive"
        ? await readDockerArchive(files, path)
        : await readOciLayout(files, title);
    return opened(chosen(images, name, title), area);
  });
}

/** @throws IMAGE_ARCHIVE_INVALID with a line for each format that it is not. */
export async function openAnyArchive(path: string, staging: Staging): Promise<OpenArchive> {
  if (path !== PIPE && !(await exists(path))) {
    throw new EngineError("IMAGE_ARCHIVE_INVALID", `faccessat ${path}: no such file or directory`);
  }
  if (path !== PIPE && (await stat(path)).isDirectory()) return await openDirectory(path);
  let area: StageArea | undefined;
  try {
    const tar = await openTar(path, staging);
    area = tar.area;
    const { files } = tar;
    return await guarded(area, async () => {
      // Newer `docker save` writes both; only manifest.json has all names.
      const images = files.has("manifest.json")
        ? await readDockerArchive(files, path)
        : await readOciLayout(files, `oci-archive:${path}`);
      return opened(images, area);
    });
  } catch (error) {
    if (!isEngineError(error, "IMAGE_ARCHIVE_INVALID")) throw error;
    throw unsupported(
      [
        ["docker-archive", error.message],
        ["oci-archive", error.message],
      ],
      error,
    );
  }
}

async function openDirectory(path: string): Promise<OpenArchive> {
  const files = new DirectoryFiles(path);
  if ((await files.size("index.json")) !== undefined)
    return opened(await readOciLayout(files, `oci:${path}`), undefined);
  if ((await files.size("manifest.json")) !== undefined)
    return opened(await readDirLayout(files, `dir:${path}`), undefined);
  throw unsupported(
    [
      ["oci", "no index.json"],
      ["dir", "no manifest.json"],
    ],
    undefined,
  );
}

function unsupported(reasons: readonly (readonly [string, string])[], cause: unknown): EngineError {
  const lines = reasons.map(([transport, reason]) => `\n * ${transport}: ${reason}`).join("");
  const message = `payload does not match any of the supported image formats:${lines}`;
  return new EngineError("IMAGE_ARCHIVE_INVALID", message, { cause });
}

/** Files of a tar need seeking: a pipe or a compressed archive is written out once. */
async function openTar(
  path: string,
  staging: Staging,
): Promise<{ files: TarFiles; area: StageArea | undefined }> {
  if (path !== PIPE && (await isPlainFile(path)))
    return { files: await TarFiles.open(path), area: undefined };
  const area = await staging.open();
  return await guarded(area, async () => {
    const spooled = `${area.path}/archive.tar`;
    const input = readFileStream(path === PIPE ? STDIN : path);
    await pipeline(decompress(input), createWriteStream(spooled, { mode: 0o600 }));
    return { files: await TarFiles.open(spooled), area };
  });
}

async function isPlainFile(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    if (!(await file.stat()).isFile()) return false;
    const head = Buffer.alloc(8);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return detect(head.subarray(0, bytesRead)) === "none";
  } finally {
    await file.close();
  }
}

async function guarded<T>(area: StageArea | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await area?.[Symbol.asyncDispose]();
    throw error;
  }
}

function opened(images: readonly ArchivedImage[], area: StageArea | undefined): OpenArchive {
  return { images, [Symbol.asyncDispose]: async () => await area?.[Symbol.asyncDispose]() };
}

/** The longest part before a colon that exists is the path. */
async function splitLocation(location: string): Promise<{ path: string; name?: string }> {
  let end = location.length;
  while (end > 0) {
    const path = location.slice(0, end);
    if (await exists(path))
      return end === location.length ? { path } : { path, name: location.slice(end + 1) };
    end = location.lastIndexOf(":", end - 1);
  }
  throw new EngineError("IMAGE_ARCHIVE_INVALID", `stat ${location}: no such file or directory`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return false;
    throw error;
  }
}

function chosen(
  images: readonly ArchivedImage[],
  name: string | undefined,
  title: string,
): readonly ArchivedImage[] {
  if (name === undefined) return images;
  const found = images.filter(({ names }) => names.includes(name) || names.includes(`${name}:latest`));
  if (found.length > 0) return found.map(({ source }) => ({ source, names: [name] }));
  throw new EngineError("IMAGE_ARCHIVE_INVALID", `${title}: no image named ${JSON.stringify(name)} in it`);
}
