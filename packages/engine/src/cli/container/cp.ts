/** `cp`: files between a container and the host, or between two containers. */
import type { FilesApi, PathStat } from "@podwright/spec/engine-api/files";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { resolve } from "node:path";
import { piped } from "../../base/byte-pipe.ts";
import { defineCommand, type Io, type LocalFiles } from "../frame/command.ts";
import { type CopyEnd, copySource, copyTarget, notFound, parseCopyEnds } from "../parse/copy-plan.ts";

export const command = defineCommand({
  path: ["cp"],
  also: [["container", "cp"]],
  summary: "Copy files/folders between a container and the local filesystem",
  description:
    "Copies the contents of SRC_PATH to the DEST_PATH.\n\n  Files can be copied from a container to the local filesystem, the other way round, or between two containers. With '-' as SRC_PATH a tar archive is read from STDIN and unpacked into the directory DEST_PATH; with '-' as DEST_PATH one is written to STDOUT.",
  usage: "[options] [CONTAINER:]SRC_PATH [CONTAINER:]DEST_PATH",
  args: { min: 2, max: 2 },
  argCompletion: "container",
  flags: {
    archive: {
      type: "bool",
      short: "a",
      default: true,
      help: "Chown copied files to the primary uid/gid of the destination container",
    },
    overwrite: { type: "bool", help: "Allow to overwrite directories with non-directories and vice versa" },
    extract: { type: "bool", help: "Has no effect", hidden: true },
    pause: { type: "bool", default: true, help: "Has no effect", hidden: true },
  },
  examples: [
    "cp /myapp/app.conf containerID:/myapp/app.conf",
    "cp /home/myuser/myfiles.tar containerID:/tmp",
    "cp containerID:/myapp/ /myapp/",
    "cp containerID:/home/myuser/. /home/myuser/",
    "cp containerID:/myapp/. - > myapp.tar",
  ],
  async run({ flags, args: [source = "", destination = ""], engine, io }) {
    const { from, to } = parseCopyEnds(source, destination);
    for (const { container } of [from, to]) {
      if (container === undefined || (await (await engine.containers()).exists(container))) continue;
      const shown = JSON.stringify(container);
      throw new EngineError("CONTAINER_NOT_FOUND", `container ${shown} does not exist`);
    }
    const copy: Copy = {
      io,
      files: await engine.files(),
      options: { chown: flags.archive, overwrite: flags.overwrite },
      signal: io.interruptible(),
    };
    if (to.container === undefined) await fromContainer(copy, from, to.path);
    else if (from.container === undefined) await toContainer(copy, from.path, to);
    else await betweenContainers(copy, from, to);
  },
});

interface Copy {
  readonly io: Io;
  readonly files: FilesApi;
  readonly options: { readonly chown: boolean; readonly overwrite: boolean };
  readonly signal: AbortSignal;
}

async function fromContainer(
  { io, files, options, signal }: Copy,
  from: CopyEnd,
  path: string,
): Promise<void> {
  const place = { container: from.container ?? "", path: from.path };
  const source = copySource(from.path, await found(files, from));
  if (path === "-") {
    await files.copyOut(place, source, (chunk) => io.out(chunk), signal);
    return;
  }
  const local = await io.localFiles();
  const look = async (at: string): Promise<PathStat> => checkedHostTarget(localStat(local, at), at);
  const target = await copyTarget(source, path, { look, where: "the host" });
  await piped(
    (sink) =>
      during(
        "copying from container",
        files.copyOut(place, { name: target.name, sparse: true }, sink, signal),
      ),
    (archive) =>
      during(
        "copying to host",
        local.write(target.directory, archive, { overwrite: options.overwrite, signal }),
      ),
  );
}

async function toContainer(copy: Copy, path: string, to: CopyEnd): Promise<void> {
  const { io, files, options, signal } = copy;
  const container = to.container ?? "";
  if (path === "-") return fromStandardInput(copy, to);
  const local = await io.localFiles();
  const stat = local.stat(path);
  if (stat === undefined) throw notFound(path, "the host");
  const source = copySource(path, { kind: stat.kind, target: resolve(path) });
  const target = await copyTarget(source, to.path, lookInto(files, container));
  const archive = local.read(path, { name: target.name });
  await during(
    "copying to container",
    files.copyIn({ container, path: target.directory }, archive, options, signal),
  );
}

async function fromStandardInput({ io, files, options, signal }: Copy, to: CopyEnd): Promise<void> {
  const place = { container: to.container ?? "", path: to.path };
  const stat = await files.stat(place);
  if (stat.kind === "missing" && to.path.endsWith("/"))
    throw notFound(to.path, `container ${place.container}`);
  if (stat.kind !== "directory")
    throw new EngineError("FILES_COPY_FAILED", "destination must be a directory when copying from stdin");
  try {
    await during("copying to container", files.copyIn(place, io.stdinChunks(), options, signal));
  } catch (error) {
    if (!isEngineError(error, "FILES_ARCHIVE_INVALID")) throw error;
    throw new EngineError(
      "FILES_ARCHIVE_INVALID",
      "source must be a (compressed) tar archive when copying from stdin",
      { cause: error },
    );
  }
}

async function betweenContainers(
  { files, options, signal }: Copy,
  from: CopyEnd,
  to: CopyEnd,
): Promise<void> {
  const container = to.container ?? "";
  const source = copySource(from.path, await found(files, from));
  const target = await copyTarget(source, to.path, lookInto(files, container));
  const place = { container: from.container ?? "", path: from.path };
  await piped(
    (sink) =>
      during(
        "copying from container",
        files.copyOut(place, { name: target.name, sparse: true }, sink, signal),
      ),
    (archive) =>
      during(
        "copying to container",
        files.copyIn({ container, path: target.directory }, archive, options, signal),
      ),
  );
}

/** @throws FILES_NOT_FOUND */
async function found(files: FilesApi, { container = "", path }: CopyEnd): Promise<PathStat> {
  const stat = await files.stat({ container, path });
  if (stat.kind === "missing") throw notFound(path, `container ${container}`);
  return stat;
}

function lookInto(files: FilesApi, container: string) {
  return {
    look: (path: string): Promise<PathStat> => files.stat({ container, path }),
    where: `container ${container}`,
  };
}

function localStat(local: LocalFiles, path: string): PathStat {
  return local.stat(path) ?? { kind: "missing", target: resolve(path), size: 0, mode: 0, modified: 0 };
}

/** What would be replaced must be something that a file can take the place of. */
function checkedHostTarget(stat: PathStat, path: string): PathStat {
  if (stat.kind !== "other") return stat;
  const shown = JSON.stringify(resolve(path));
  throw new EngineError(
    "FILES_COPY_FAILED",
    `invalid destination: ${shown} must be a directory or a regular file`,
  );
}

/** Says which end it was that failed. */
async function during(what: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isEngineError(error, "FILES_COPY_FAILED", "FILES_NOT_FOUND", "HOST_CALL_FAILED")) throw error;
    throw new EngineError(error.code, `${what}: ${error.message}`, { cause: error, details: error.details });
  }
}
