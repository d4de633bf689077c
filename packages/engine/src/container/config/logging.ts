/** Where the container's output goes. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDecimalSize } from "@podwright/spec/values/size";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { isPassthrough, keepsFile } from "../logs/drivers.ts";
import { checkTag } from "../logs/tag.ts";
import { type ConfigInputs, invalidConfig } from "./inputs.ts";

const DRIVERS: readonly string[] = [
  "k8s-file",
  "json-file",
  "journald",
  "none",
  "passthrough",
  "passthrough-tty",
];

/** `directory` is the container's own. @throws CONTAINER_INVALID, HOST_PART_MISSING */
export function buildLogging(inputs: ConfigInputs, directory: string): ContainerConfig["log"] {
  const { request, settings } = inputs;
  const { path, tag = settings.config.logTag, ...sizes } = request.logOptions;
  const driver = chooseDriver(inputs);
  if (isPassthrough(driver) && request.tty) {
    throw invalidConfig(`log driver ${driver} cannot be used with a terminal of the container's own (--tty)`);
  }
  checkTag(tag);
  const maxSize = sizes["max-size"];
  const size = maxSize === undefined ? settings.config.logSizeMax : parseDecimalSize(maxSize);
  const maxFiles = countOf(sizes["max-file"], size);
  return {
    driver,
    path: keepsFile(driver) ? (path ?? `${directory}/ctr.log`) : "",
    maxSize: size,
    ...(maxFiles === 1 ? {} : { maxFiles }),
    tag,
    options: maxFiles === 1 ? {} : { "max-file": String(maxFiles) },
  };
}

/** A configuration that was written for another host may say journald: without one, logs go to files. */
function chooseDriver({ request, settings, facts }: ConfigInputs): string {
  const driver = request.logDriver ?? (settings.config.logDriver || "k8s-file");
  if (!DRIVERS.includes(driver)) {
    throw invalidConfig("running container create option: invalid log driver: invalid argument");
  }
  if (driver !== "journald" || facts.hasJournal) return driver;
  if (request.logDriver === undefined) return "k8s-file";
  throw new EngineError("HOST_PART_MISSING", "log driver journald: no journal runs on this host", {
    hint: "logs of the k8s-file driver need nothing of the host",
  });
}

/** More files than one are kept by renaming a full one, so there has to be a size that is full. */
function countOf(text: string | undefined, size: number): number {
  if (text === undefined) return 1;
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw invalidConfig(`log option max-file ${JSON.stringify(text)}: must be a number from 1 to 999`);
  }
  const count = Number(text);
  if (count > 1 && size <= 0) throw invalidConfig("log option max-file needs max-size as well");
  return count;
}
