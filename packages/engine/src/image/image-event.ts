/** An event of an image. */
import type { EventStatus, NewEvent } from "@podwright/spec/engine-api/events";

/** `name`: what the user called it, or where it came from or went to. */
export function imageEvent(status: EventStatus, id: string, name: string): NewEvent {
  return { type: "image", status, id, name, attributes: {} };
}
