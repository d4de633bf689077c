/** Which ports lead to a container: its own, its pod's, or those of the container whose network it shares. */
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { ContainerStore } from "../ports/store.ts";

/** As bound in the last run; before the first, as asked for. */
export function publishedPorts(
  record: ContainerRecord,
  pod: PodRecord | undefined,
  containers: Pick<ContainerStore, "find">,
): readonly PortMapping[] {
  const { mode } = record.config.network;
  if (pod !== undefined && (mode.kind === "pod" || record.config.infra)) return podPorts(pod);
  if (mode.kind === "container") {
    const owner = lookUp(containers, mode.container);
    return owner === undefined ? [] : ownPorts(owner);
  }
  return ownPorts(record);
}

export function podPorts(pod: PodRecord): readonly PortMapping[] {
  return bound(pod.state.sandbox?.ports, pod.config.ports);
}

function ownPorts(record: ContainerRecord): readonly PortMapping[] {
  return bound(record.state.run?.ports, record.config.network.ports);
}

function bound(
  resolved: readonly PortMapping[] | undefined,
  asked: readonly PortMapping[],
): readonly PortMapping[] {
  return resolved !== undefined && resolved.length > 0 ? resolved : asked;
}

/** The owner of a shared network may be gone; the sharer can still be looked at. */
function lookUp(containers: Pick<ContainerStore, "find">, nameOrId: string): ContainerRecord | undefined {
  try {
    return containers.find(nameOrId);
  } catch (error) {
    if (isEngineError(error, "CONTAINER_NOT_FOUND", "CONTAINER_NAME_AMBIGUOUS")) return undefined;
    throw error;
  }
}
