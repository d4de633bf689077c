/** Devices of the host that the container gets, and the cgroup rules that let it use them. */
import type { RuntimeDevice, RuntimeResources } from "@podwright/spec/oci-runtime/spec";
import { parseDevice } from "@podwright/spec/values/device";
import { parseDeviceRule } from "@podwright/spec/values/device-rule";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { SpecFacts } from "./live.ts";

type Rules = NonNullable<RuntimeResources["devices"]>;

/** The usual ones (null, zero, full, random, urandom, tty, ptmx) are made by the runtime itself. */
export function buildDevices(config: ContainerConfig, facts: SpecFacts): RuntimeDevice[] {
  const asked = config.devices.flatMap((text) => asContainerSees(text, facts));
  if (!config.security.privileged) return asked;
  const paths = new Set(asked.map((device) => device.path));
  // The runtime makes these two afresh; the host's would be another terminal.
  const own = ["/dev/ptmx", "/dev/tty"];
  const host = facts.devices("/dev").filter((d) => !paths.has(d.path) && !own.includes(d.path));
  return [...host, ...asked];
}

/** All is forbidden first; the runtime adds its own usual ones. */
export function deviceRules(config: ContainerConfig, facts: SpecFacts): Rules {
  if (config.security.privileged) return [{ allow: true, access: "rwm" }];
  const allowed = config.devices.flatMap((text): Rules => {
    const { permissions } = parseDevice(text);
    return asContainerSees(text, facts).map(({ type, major, minor }) => ({
      allow: true,
      type,
      ...(major === undefined ? {} : { major }),
      ...(minor === undefined ? {} : { minor }),
      access: permissions,
    }));
  });
  const ruled = (config.deviceRules ?? []).flatMap((text): Rules => {
    const { type, ...rule } = parseDeviceRule(text);
    // To the kernel, "a" is every device whatever numbers follow it.
    return (type === "a" ? ["b", "c"] : [type]).map((one) => ({ allow: true, type: one, ...rule }));
  });
  return [{ allow: false, access: "rwm" }, ...allowed, ...ruled];
}

/** A directory gives all devices below it, at the same places below its destination. */
function asContainerSees(text: string, facts: SpecFacts): RuntimeDevice[] {
  const { source, destination } = parseDevice(text);
  return facts.devices(source).map((device) => ({
    ...device,
    path: device.path === source ? destination : `${destination}${device.path.slice(source.length)}`,
  }));
}
