/**
 * Whether this kernel's overlays, mounted by an ordinary user, follow references from a layer to one that has data
 * alone (Linux 6.16): tried in the store's own file system (store-probe.ts).
 */
import { closeSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { setXattrOf } from "../../sys/byte-files.ts";
import { FileSystemContext } from "../../sys/file-system.ts";
import { mappedDirectory } from "../layer-paths.ts";
import type { LockedStaging } from "../staging.ts";
import { probeStore } from "../store-probe.ts";
import { REFERENCE } from "./tree-copy.ts";

const TEXT = "found by its reference";

export function canRefer(root: string, staging: LockedStaging): Promise<boolean> {
  const probe = { directory: mappedDirectory(root), file: "refers.json", name: "refers", staging };
  return probeStore({ ...probe, attempt: tryReference });
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
