/** Tells the host's own troubles from a layer's faults. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { UNMAPPED } from "./mapped-owner.ts";
import { isErrno } from "../../sys/libc.ts";

export interface UnpackFailure {
  readonly code: "IMAGE_LAYER_INVALID" | "HOST_CALL_FAILED";
  readonly message: string;
}

export function describeFailure(error: unknown): UnpackFailure {
  const message = error instanceof Error ? error.message : String(error);
  const ours = isErrno(error, "ENOSPC", "EDQUOT", "EIO", "EROFS", "ENOMEM", "EMFILE", "ENFILE");
  if (
    ours ||
    (error instanceof EngineError && error.code === "HOST_CALL_FAILED" && isErrno(error, "EPERM", UNMAPPED))
  ) {
    return { code: "HOST_CALL_FAILED", message };
  }
  return { code: "IMAGE_LAYER_INVALID", message };
}
