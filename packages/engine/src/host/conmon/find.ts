/** Finds conmon among the candidates of containers.conf and the usual places. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { accessSync, constants } from "node:fs";

const USUAL_PATHS = [
  "/usr/libexec/podman/conmon",
  "/usr/local/libexec/podman/conmon",
  "/usr/local/lib/podman/conmon",
  "/usr/bin/conmon",
  "/usr/sbin/conmon",
  "/usr/local/bin/conmon",
  "/usr/local/sbin/conmon",
];

/** @throws HOST_PART_MISSING */
export function findConmon(candidates: readonly string[]): string {
  const paths = [...new Set([...candidates, ...USUAL_PATHS])];
  const found = paths.find(isExecutable);
  if (found !== undefined) return found;
  throw new EngineError("HOST_PART_MISSING", "could not find a working conmon binary", {
    hint: "install the package conmon, or name it with --conmon",
    details: { candidates: paths },
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
