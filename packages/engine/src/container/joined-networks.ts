/** Names of the networks that a container has joined itself: a pod's member has none, its infra has the pod's. */
import type { NetworkAttachment } from "@podwright/spec/engine-api/common";
import { containerAttachments, podAttachments } from "../network/owners.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";

export function joinedNetworks(record: ContainerRecord, pod: PodRecord | undefined): string[] {
  const isInfra = record.config.infra && pod !== undefined;
  return sortedNames(isInfra ? podAttachments(pod) : containerAttachments(record));
}

export function podNetworks(pod: PodRecord): string[] {
  return sortedNames(podAttachments(pod));
}

function sortedNames(attachments: readonly NetworkAttachment[]): string[] {
  return attachments.map(({ name }) => name).sort();
}
