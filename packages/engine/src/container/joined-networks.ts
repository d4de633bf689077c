/** Names of the networks that a container has joined itself: a pod's member has none, its infra has the pod's. */
import type { NetworkMode } from "@podwright/spec/engine-api/common";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";

export function joinedNetworks(record: ContainerRecord, pod: PodRecord | undefined): string[] {
  const mode = record.config.infra && pod !== undefined ? pod.config.network : record.config.network.mode;
  return mode.kind === "pod" ? [] : networkNames(mode);
}

export function networkNames(mode: NetworkMode): string[] {
  return mode.kind === "bridge" ? mode.attachments.map((a) => a.name).sort() : [];
}
