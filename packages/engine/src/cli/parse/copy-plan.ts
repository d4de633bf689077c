/** What `cp` copies where, by what is at both ends: the rules of podman-cp(1). */
import type { PathStat } from "@podwright/spec/engine-api/files";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { basename, dirname } from "node:path";

/** One side of a copy; without a container it is the caller's own. */
export interface CopyEnd {
  readonly container?: string;
  readonly path: string;
}

/** A path that begins with a dot or a slash names no container. @throws CLI_USAGE */
export function parseCopyEnds(source: string, destination: string): { from: CopyEnd; to: CopyEnd } {
  const [from, to] = [parseEnd(source), parseEnd(destination)];
  if (from.path === "" || to.path === "") {
    const shown = [source, destination].map((text) => JSON.stringify(text)).join(", ");
    throw usage(`invalid arguments ${shown}: you must specify paths`);
  }
  if (from.container === undefined && to.container === undefined)
    throw usage("one of the paths must be in a container: CONTAINER:PATH");
  return { from, to };
}

function parseEnd(text: string): CopyEnd {
  const colon = text.indexOf(":");
  if (colon === -1 || /^[./]/.test(text)) return { path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}

export interface CopySource {
  readonly directory: boolean;
  /** What the copy is called in a directory; "" for what is in the source directory without itself. */
  readonly name: string;
}

/** `path` as typed, `target` as it was found. */
export function copySource(path: string, { kind, target }: Pick<PathStat, "kind" | "target">): CopySource {
  const directory = kind === "directory";
  const contents = directory && (path.endsWith("/.") || target === "/");
  return { directory, name: contents ? "" : basename(target) };
}

export interface CopyTarget {
  /** Is there. */
  readonly directory: string;
  readonly name: string;
}

/**
 * Into a directory that is there; else as what it names, in a directory that must be there.
 * @throws FILES_NOT_FOUND, FILES_COPY_FAILED
 */
export async function copyTarget(
  source: CopySource,
  path: string,
  { look, where }: { readonly look: (path: string) => Promise<PathStat>; readonly where: string },
): Promise<CopyTarget> {
  const found = await look(path);
  if (found.kind === "directory") return { directory: found.target, name: source.name };
  const named = { directory: dirname(found.target), name: basename(found.target) };
  if (found.kind !== "missing") {
    if (source.directory)
      throw new EngineError("FILES_COPY_FAILED", "destination must be a directory when copying a directory");
    return named;
  }
  if (/\/\.?$/.test(path)) throw notFound(path, where);
  const parent = await look(named.directory);
  if (parent.kind !== "directory") throw notFound(path, where);
  return { directory: parent.target, name: named.name };
}

/** `where` is "the host" or "container NAME". */
export function notFound(path: string, where: string): EngineError {
  const shown = JSON.stringify(path);
  return new EngineError(
    "FILES_NOT_FOUND",
    `${shown} could not be found on ${where}: no such file or directory`,
  );
}

function usage(message: string): EngineError {
  return new EngineError("CLI_USAGE", message);
}
