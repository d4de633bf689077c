/** An event of a container, with what Podman's events tell of one. */
import type { EventStatus, NewEvent } from "@podwright/spec/engine-api/events";
import type { ContainerConfig } from "../ports/container-record.ts";

type Told = "id" | "name" | "type" | "status" | "image" | "podId" | "attributes";

export function containerEvent(
  config: ContainerConfig,
  status: EventStatus,
  more: Partial<Omit<NewEvent, Told>> = {},
): NewEvent {
  return {
    type: "container",
    status,
    id: config.id,
    name: config.name,
    image: config.image.name,
    ...(config.podId === "" ? {} : { podId: config.podId }),
    attributes: config.labels,
    ...more,
  };
}
