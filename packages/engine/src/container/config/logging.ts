/** Where the container's output goes. */
import { parseDecimalSize } from "@podwright/spec/values/size";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { type ConfigInputs, invalidConfig } from "./inputs.ts";

const DRIVERS: readonly string[] = ["k8s-file", "json-file", "none", "passthrough"];

/** `directory` is the container's own. @throws CONTAINER_INVALID, NOT_IMPLEMENTED */
export function buildLogging({ request, settings }: ConfigInputs, directory: string): ContainerConfig["log"] {
  const driver = request.logDriver ?? settings.config.logDriver;
  const { path, tag, "max-size": maxSize, ...options } = request.logOptions;
  const checked = checkDriver(driver === "" ? "k8s-file" : driver, request.logDriver === undefined);
  return {
    driver: checked,
    path: checked === "none" ? "" : (path ?? `${directory}/ctr.log`),
    maxSize: maxSize === undefined ? settings.config.logSizeMax : parseDecimalSize(maxSize),
    tag: tag ?? "",
    options,
  };
}

/** A configuration that was written for Podman may say journald: then logs go to files, which `logs` can read. */
function checkDriver(driver: string, configured: boolean): string {
  if (DRIVERS.includes(driver)) return driver;
  if (configured && driver === "journald") return "k8s-file";
  if (driver === "journald" || driver === "passthrough-tty") {
    throw new EngineError("NOT_IMPLEMENTED", `log driver ${driver} is not implemented`);
  }
  throw invalidConfig("running container create option: invalid log driver: invalid argument");
}
