/** An event of a secret: never of what it holds. */
import type { EventStatus, NewEvent } from "@podwright/spec/engine-api/events";
import type { SecretRecord } from "../ports/secret-record.ts";

export function secretEvent({ id, name }: SecretRecord, status: EventStatus): NewEvent {
  return { type: "secret", status, id, name, attributes: {} };
}
