/**
 * Whether this kernel's overlays, mounted by an ordinary user, follow references from a layer to one that has data
 * alone (Linux 6.16): it is tried in the store's own file system, once per kernel, and the answer kept there.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readIfThere } from "../../../base/if-there.ts";
import { setXattrOf } from "../../sys/byte-files.ts";
import { FileSystemContext } from "../../sys/file-system.ts";
import { mappedDirectory } from "../layer-paths.ts";
import type { LockedStaging } from "../staging.ts";
import { REFERENCE } from "./tree-copy.ts";

const TEXT = "found by its reference";

/** What the answer depends on: the kernel, and the file system that the layers are on. */
interface Answer {
  readonly kernel: string;
  readonly device: number;
  readonly refers: boolean;
}

export async function canRefer(root: string, staging: LockedStaging): Promise<boolean> {
  const mapped = mappedDirectory(root);
  mkdirSync(mapped, { recursive: true, mode: 0o700 });
  const kernel = readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const device = statSync(mapped).dev;
  const path = `${mapped}/refers.json`;
  const known = parseAnswer(readIfThere(path));
  if (known?.kernel === kernel && known.device === device) return known.refers;
  await using area = await staging.open();
  const answer: Answer = { kernel, device, refers: tryReference(area.path) };
  writeFileSync(`${area.path}/answer`, `${JSON.stringify(answer)}\n`, { mode: 0o600 });
  renameSync(`${area.path}/answer`, path);
  return answer.refers;
}

function tryReference(area: string): boolean {
  for (const name of ["data", "names", "empty"]) mkdirSync(`${area}/${name}`, { mode: 0o700 });
  writeFileSync(`${area}/data/there`, TEXT);
  writeFileSync(`${area}/names/here`, "");
  truncateSync(`${area}/names/here`, TEXT.length);
  try {
    setReference(`${area}/names/here`, "/there");
    using context = new FileSystemContext("overlay");
    context.setString("source", "overlay");
    for (const layer of ["empty", "names"]) context.setString("lowerdir+", `${area}/${layer}`);
    context.setString("datadir+", `${area}/data`);
    context.setFlag("userxattr");
    const mount = context.mount();
    try {
      return readFileSync(`/proc/self/fd/${mount}/here`, "latin1") === TEXT;
    } finally {
      closeSync(mount);
    }
  } catch (error) {
    // Whatever it is that the kernel or the file system says no to: then data is copied.
    if (error instanceof EngineError ? error.code === "HOST_CALL_FAILED" : isSystemError(error)) return false;
    throw error;
  }
}

function setReference(path: string, to: string): void {
  const fd = openSync(path, "r+");
  try {
    setXattrOf(fd, REFERENCE.path, Buffer.from(to));
    setXattrOf(fd, REFERENCE.mark, Buffer.alloc(0));
  } finally {
    closeSync(fd);
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function parseAnswer(text: string | undefined): Answer | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Answer);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
