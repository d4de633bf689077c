/** ContainerConfig + what is live → RuntimeSpec, the `config.json` of the bundle. Pure. */
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { runtimeMappings } from "@podwright/spec/values/runtime-mappings";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { buildDevices } from "./devices.ts";
import type { LiveContainer } from "./live.ts";
import { buildMounts, rootPropagation } from "./mounts.ts";
import { buildNamespaces } from "./namespaces.ts";
import { buildProcess } from "./process.ts";
import { buildResources } from "./resources.ts";
import { protectedPaths } from "./security.ts";

export function buildRuntimeSpec(config: ContainerConfig, live: LiveContainer): RuntimeSpec {
  const mounts = buildMounts(config, live);
  const propagation = rootPropagation(mounts);
  const devices = buildDevices(config, live.facts);
  return {
    ociVersion: "1.0.2",
    process: buildProcess(config, live),
    root: { path: live.rootfs, readonly: config.rootfs.readOnly },
    // A joined UTS namespace has its name already, and the runtime refuses to set another.
    ...(config.namespaces.uts.kind === "private" ? { hostname: config.network.hostname } : {}),
    mounts,
    annotations: { ...config.annotations },
    linux: {
      namespaces: buildNamespaces(config, live),
      ...(config.idMappings === undefined ? {} : runtimeMappings(config.idMappings)),
      ...(devices.length === 0 ? {} : { devices }),
      resources: buildResources(config, live.facts),
      ...(live.cgroupsPath === "" ? {} : { cgroupsPath: live.cgroupsPath }),
      ...(live.seccomp === undefined ? {} : { seccomp: live.seccomp }),
      ...(propagation === undefined ? {} : { rootfsPropagation: propagation }),
      ...protectedPaths(config),
      sysctl: { ...config.sysctls },
    },
  };
}

const UNLIMITED = "18446744073709551615";

/** RLIM_INFINITY has more digits than a JavaScript number: -1 stands for it until here. */
export function serializeRuntimeSpec(spec: RuntimeSpec): string {
  return serializeLimits(spec);
}

/** The same for a `process.json` of an exec. */
export function serializeProcess(process: RuntimeSpec["process"]): string {
  return serializeLimits(process);
}

function serializeLimits(value: object): string {
  const marked = JSON.stringify(value, (key, member: unknown) =>
    (key === "soft" || key === "hard") && member === -1 ? "\u0000unlimited" : member,
  );
  return marked.replaceAll('"\\u0000unlimited"', UNLIMITED);
}
