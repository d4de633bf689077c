/** Where events are kept, and whether: `events_logger`, `events_logfile_path` and `events_logfile_max_size`. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDecimalSize } from "@podwright/spec/values/size";
import type { Log } from "../base/log.ts";
import type { EventFile } from "../ports/event-log.ts";
import type { Settings } from "../ports/settings.ts";

/** Undefined for `none`. @throws CONFIG_INVALID */
export function eventFileOf({ config, runRoot }: Settings, log: Log): EventFile | undefined {
  const { eventsLogger, eventsLogfilePath, eventsLogfileMaxSize } = config;
  if (eventsLogger === "none") return undefined;
  if (eventsLogger !== "file" && eventsLogger !== "journald") {
    const message = `containers.conf: engine.events_logger: unknown event logger type: ${eventsLogger}`;
    throw new EngineError("CONFIG_INVALID", message);
  }
  // A configuration that Podman has been using must not stop the engine.
  if (eventsLogger === "journald") log.info("events are kept in a file: the journal is not supported");
  return {
    path: eventsLogfilePath === "" ? `${runRoot}/events/events.log` : eventsLogfilePath,
    maxSize: parseDecimalSize(eventsLogfileMaxSize),
  };
}
