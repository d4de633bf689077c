/** An ordinary user's command goes on inside the user's own user and mount namespaces. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { ProcProcesses } from "../process/processes.ts";
import { replaceProcess } from "../sys/exec.ts";
import { findTool } from "./find-tool.ts";
import { readHolder } from "./holder-file.ts";
import { type RuntimeDirOptions, runtimeDirectories, runtimeDirectory } from "./runtime-dir.ts";
import { type Door, wayIn } from "./way-in.ts";

/**
 * Enters before the line is read. What fails here fails again, and is reported, when the line has turned out to be right
 * and asks for the engine.
 */
export async function enterEarly(argv: readonly string[]): Promise<void> {
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
  const door = findDoor(options) ?? (await makeDoor(options));
  return replaceProcess(wayIn(nsenter, door, argv));
}

/** One that another login has made counts as well. */
function findDoor(options: RuntimeDirOptions): Door | undefined {
  const processes = new ProcProcesses();
  for (const directory of runtimeDirectories(options)) {
    const holder = readHolder(directory);
    if (holder !== undefined && processes.isAlive(holder)) return { directory, pid: holder.pid };
  }
  return undefined;
}

async function makeDoor(options: RuntimeDirOptions): Promise<Door> {
  const directory = runtimeDirectory(options);
  const { holderIn } = await import("./make-holder.ts");
  const { pid } = await holderIn(directory, options);
  return { directory, pid };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "errno" in error;
}
