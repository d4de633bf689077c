/** `--device`: what is asked for must be there when the container is made. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDevice } from "@podwright/spec/values/device";
import { type ConfigInputs, invalidConfig } from "./inputs.ts";

/** @throws VALUE_INVALID, CONTAINER_INVALID, NOT_IMPLEMENTED */
export function checkDevices({ request, facts }: ConfigInputs): readonly string[] {
  for (const text of request.devices) {
    if (!text.startsWith("/") && text.includes("=")) {
      throw new EngineError("NOT_IMPLEMENTED", `CDI device ${text} is not implemented`);
    }
    const { source } = parseDevice(text);
    if (facts.devices(source).length === 0) {
      throw invalidConfig(`stat ${source}: no such file or directory, or no device`);
    }
  }
  return request.devices;
}
