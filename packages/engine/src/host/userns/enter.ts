/** An ordinary user's command goes on inside the user's own user and mount namespaces. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { ENTRY, type Entry, ROOTLESS_UID } from "../../base/entry-variables.ts";
import { ProcProcesses } from "../process/processes.ts";
import { replaceProcess } from "../sys/exec.ts";
import { isErrno } from "../sys/libc.ts";
import { homeOf } from "./account.ts";
import { findTool } from "./find-tool.ts";
import { type Holder, readHolder } from "./holder-file.ts";
import { type RuntimeDirOptions, runtimeDirectories, runtimeDirectory } from "./runtime-dir.ts";

/** The first word of lines that touch nothing of the host. */
const ANSWERED_OUTSIDE = new Set(["help", "-h", "--help", "-v", "--version", "version", "completion"]);

/**
 * Enters before the line is read, where that cannot be for nothing. What fails here fails again, and is reported, when
 * the line has turned out to be right and asks for the engine.
 */
export async function enterEarly(argv: readonly string[]): Promise<void> {
  const [, first] = argv;
  // --help may be meant for us or for a container's command.
  if (first === undefined || ANSWERED_OUTSIDE.has(first) || argv.includes("--help")) return;
  try {
    await enter(argv);
  } catch (error) {
    if (!(error instanceof EngineError) && !isSystemError(error)) throw error;
  }
}

/**
 * Starts this program anew inside, in this process: it keeps its id, so that signals, exit code and descriptors are as
 * if it had been started there. The first one of a boot makes the namespaces.
 * @throws USERNS_UNAVAILABLE, HOST_PART_MISSING
 */
export async function enter(argv: readonly string[]): Promise<never> {
  const options = { env: process.env, uid: process.geteuid?.() ?? 0 };
  const nsenter = findTool("nsenter", process.env, "util-linux");
  const { directory, holder } = findHolder(options) ?? (await makeHolder(options));
  const place = ["--user", "--mount", "--preserve-credentials", "--target", String(holder.pid)];
  replaceProcess({
    path: nsenter,
    argv: ["nsenter", ...place, "--", ...thisProgram(), ...argv.slice(1)],
    env: {
      ...process.env,
      HOME: await homeOf(process.env, options.uid),
      XDG_RUNTIME_DIR: directory,
      [ROOTLESS_UID]: String(options.uid),
      [ENTRY]: JSON.stringify(entry(argv)),
    },
  });
}

interface Found {
  readonly directory: string;
  readonly holder: Holder;
}

/** One that another login has made counts as well. */
function findHolder(options: RuntimeDirOptions): Found | undefined {
  const processes = new ProcProcesses();
  for (const directory of runtimeDirectories(options)) {
    const holder = readHolder(directory);
    if (holder !== undefined && processes.isAlive(holder)) return { directory, holder };
  }
  return undefined;
}

async function makeHolder(options: RuntimeDirOptions): Promise<Found> {
  const directory = runtimeDirectory(options);
  const { holderIn } = await import("./make-holder.ts");
  return { directory, holder: await holderIn(directory, options) };
}

function entry(argv: readonly string[]): Entry {
  const name = argv[0] ?? "";
  try {
    return { name, cwd: process.cwd() };
  } catch (error) {
    if (isErrno(error, "ENOENT")) return { name };
    throw error;
  }
}

/** Run from source, the runtime needs to be told the script. */
function thisProgram(): readonly string[] {
  return import.meta.path.startsWith("/$bunfs/") ? [process.execPath] : [process.execPath, Bun.main];
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "errno" in error;
}
