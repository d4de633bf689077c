/** How overlays mark what is in their layers: by trusted attributes, by those that a user may set, or by names of files. */
import { dirname } from "node:path";
import { existsSync } from "node:fs";
import { rootlessUser } from "../../base/rootless.ts";

export interface OverlayMarks {
  /** On a directory: nothing of the lower ones shines through. */
  readonly opaque: string;
  /** The mount option that has overlayfs look at these, if it needs one. */
  readonly option: "userxattr" | undefined;
}

const TRUSTED: OverlayMarks = { opaque: "trusted.overlay.opaque", option: undefined };
const OWN: OverlayMarks = { opaque: "user.overlay.opaque", option: "userxattr" };

let marks: OverlayMarks | undefined;

/** Of this process's store: a user namespace may not set trusted attributes (Linux 5.11 has the others). */
export function overlayMarks(): OverlayMarks {
  return (marks ??= rootlessUser(process.env) === undefined ? TRUSTED : OWN);
}

/**
 * Beside a layer, or a directory of changes, in which there may be deletions by names of files (`.wh.NAME`) and
 * fuse-overlayfs's own attributes, which the kernel does not know. Of changes it is the program's work directory.
 */
export function fileMarksOf(directory: string): string {
  return `${dirname(directory)}/fuse`;
}

export function mayHaveFileMarks(directory: string): boolean {
  return existsSync(fileMarksOf(directory));
}

export const WHITEOUT_PREFIX = ".wh.";
/** In a directory: nothing of the lower ones shines through. */
export const OPAQUE_NAME = ".wh..wh..opq";
export const FUSE_OPAQUE = "user.fuseoverlayfs.opaque";
export const FUSE_ORIGIN = "user.fuseoverlayfs.origin";
