/** An event of a network. */
import type { EventStatus, NewEvent } from "@podwright/spec/engine-api/events";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";

export function networkEvent(
  { id, name, driver }: NetworkConfig,
  status: Extract<EventStatus, "create" | "remove">,
): NewEvent {
  return { type: "network", status, id, name: "", network: name, attributes: { driver } };
}

/** Podman tells of the container, by its id and name, and names the network besides. */
export function attachmentEvent(
  network: string,
  container: { readonly id: string; readonly name: string },
  status: Extract<EventStatus, "connect" | "disconnect">,
): NewEvent {
  const { id, name } = container;
  return { type: "network", status, id, name, network, attributes: {} };
}
