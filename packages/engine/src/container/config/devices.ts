/** `--device` and `--device-cgroup-rule`: what is asked for must be there when the container is made. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseDevice } from "@podwright/spec/values/device";
import { parseDeviceRule } from "@podwright/spec/values/device-rule";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { type ConfigInputs, invalidConfig } from "./inputs.ts";

/** @throws VALUE_INVALID, CONTAINER_INVALID, NOT_IMPLEMENTED */
export function checkDevices({
  request,
  facts,
}: ConfigInputs): Pick<ContainerConfig, "devices" | "deviceRules"> {
  for (const text of request.devices) {
    if (!text.startsWith("/") && text.includes("=")) {
      throw new EngineError("NOT_IMPLEMENTED", `CDI device ${text} is not implemented`);
    }
    const { source } = parseDevice(text);
    if (facts.devices(source).length === 0) {
      throw invalidConfig(`stat ${source}: no such file or directory, or no device`);
    }
  }
  const { devices, deviceRules = [] } = request;
  for (const text of deviceRules) parseDeviceRule(text);
  return { devices, ...(deviceRules.length === 0 ? {} : { deviceRules }) };
}
