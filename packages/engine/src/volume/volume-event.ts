/** An event of a volume, which has a name alone. */
import type { EventStatus, NewEvent } from "@podwright/spec/engine-api/events";

export function volumeEvent(name: string, status: EventStatus): NewEvent {
  return { type: "volume", status, id: "", name, attributes: {} };
}
