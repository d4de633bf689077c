/** The OCI runtime of a container: for a run that is there, the one that it was created with. */
import type { ContainerRecord } from "../ports/container-record.ts";

/**
 * What is chosen automatically can change under a running container (a package comes or goes, the host's cgroups
 * are mounted anew), and another runtime does not know it. @throws HOST_PART_MISSING
 */
export function runtimeOf<Runtime>(
  ctx: { readonly runtime: (name: string) => Runtime },
  { config, state }: Pick<ContainerRecord, "config" | "state">,
): Runtime {
  return ctx.runtime(state.run?.runtime ?? config.runtime);
}
