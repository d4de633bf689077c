/** A pod as the network domain sees it when its published ports change. */
import { podMonitors } from "../container/pod-monitors.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { PublishingSandbox } from "../ports/sandbox-network.ts";
import type { PodContext } from "./context.ts";

/** Ports are those that are bound; of a pod that is down, those that it asks for. */
export function publishingSandbox(
  ctx: PodContext,
  { config, state }: PodRecord,
  { up }: { readonly up: boolean },
): PublishingSandbox {
  const interfaces = up ? (state.sandbox?.interfaces ?? []) : [];
  const bound = state.sandbox?.ports ?? [];
  return {
    owner: config.id,
    ownerName: `pod ${config.name}`,
    interfaces,
    ports: interfaces.length > 0 ? bound : config.ports,
    monitors: () => podMonitors(ctx, config.id),
  };
}
