/** EventsApi wired: the file that the engine's commands write, or none. */
import type { EventsApi } from "@podwright/spec/engine-api/events";
import { FileEventReader } from "../host/events/file-event-reader.ts";
import { eventsApi } from "../system/events.ts";
import type { Core } from "./core.ts";

export async function wireEvents(core: Core): Promise<EventsApi> {
  const file = core.eventFile();
  // The log is in the run directory, which is another one until it is mounted.
  if (file !== undefined) await core.ready();
  return eventsApi({
    reader: file === undefined ? undefined : new FileEventReader(file.path),
    clock: core.clock,
  });
}
