/** An event of a pod, with what Podman's events tell of one. */
import type { EventStatus, NewEvent } from "@podwright/spec/engine-api/events";
import type { PodConfig } from "../ports/pod-record.ts";

export function podEvent({ id, name, labels }: PodConfig, status: EventStatus): NewEvent {
  return { type: "pod", status, id, name, attributes: labels };
}
