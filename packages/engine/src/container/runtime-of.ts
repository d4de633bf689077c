/** The OCI runtime of a container: for a run that is there, the one that it was created with. */
import type { ContainerRecord } from "../ports/container-record.ts";
import type { OciRuntime } from "../ports/runtime.ts";
import type { ContainerContext } from "./context.ts";

/**
 * What is chosen automatically can change under a running container (a package comes or goes, the host's cgroups
 * are mounted anew), and another runtime does not know it. @throws HOST_PART_MISSING
 */
export function runtimeOf(
  ctx: Pick<ContainerContext, "runtime">,
  { config, state }: Pick<ContainerRecord, "config" | "state">,
): OciRuntime {
  return ctx.runtime(state.run?.runtime ?? config.runtime);
}
