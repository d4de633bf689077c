/** Owners of a layer's files, of which a user namespace may not have all. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { TarHeader } from "../../../tar/tar-entry.ts";
import { isErrno } from "../../sys/libc.ts";

/** Details' errno of an owner that has no id here: no fault of the layer's. */
export const UNMAPPED = "UNMAPPED";

/** Runs a chown(2) to the entry's owner. @throws HOST_CALL_FAILED saying which id is missing */
export function owned({ uid, gid }: Pick<TarHeader, "uid" | "gid">, chown: () => void): void {
  try {
    chown();
  } catch (error) {
    if (!isErrno(error, "EINVAL")) throw error;
    throw new EngineError(
      "HOST_CALL_FAILED",
      `potentially insufficient UIDs or GIDs available in user namespace (requested ${uid}:${gid}): ` +
        `check /etc/subuid and /etc/subgid, then run "system migrate"`,
      { details: { errno: UNMAPPED } },
    );
  }
}
