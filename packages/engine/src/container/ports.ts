/** The published ports of a container: its own, or those of the pod whose network it shares. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { ContainerContext } from "./context.ts";
import { namedContainer } from "./select.ts";

/** As bound in the present run; as configured while it does not run. */
export function publishedPorts(ctx: ContainerContext, nameOrId: string): readonly PortMapping[] {
  const { config, state } = namedContainer(ctx, nameOrId);
  const pod = config.podId === "" ? undefined : ctx.store.pods.get(config.podId);
  if (pod !== undefined && (config.infra || config.network.mode.kind === "pod")) {
    return ctx.sandboxes.current(config.podId)?.ports ?? pod.config.ports;
  }
  const bound = state.exit === undefined ? state.run?.ports : undefined;
  return bound !== undefined && bound.length > 0 ? bound : config.network.ports;
}
