/** How overlayfs marks what is in its layers: by trusted attributes, or by those that a user may set. */
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
