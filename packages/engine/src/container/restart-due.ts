/** Whether a container's policy is about to start it again. Pure. */
import type { ContainerState } from "../ports/container-record.ts";

export function isRestartDue({ backOff }: Pick<ContainerState, "backOff">): boolean {
  return backOff?.restartAt !== undefined;
}
