/** Which network modes a pod can have. */
import type { NetworkMode } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";

/** @throws POD_INVALID, NOT_IMPLEMENTED */
export function checkPodNetwork(mode: NetworkMode): void {
  if (mode.kind === "container") {
    throw new EngineError("POD_INVALID", "pods presently do not support network mode container");
  }
  if (mode.kind === "path") {
    throw new EngineError("NOT_IMPLEMENTED", "network mode ns of a pod is not implemented", {
      hint: "run --network ns:PATH works for a container without a pod",
    });
  }
}
