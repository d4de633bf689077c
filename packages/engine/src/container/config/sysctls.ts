/** Kernel settings of the container's namespaces: the configuration's and the request's. */
import type { Labels } from "@podwright/spec/engine-api/common";
import { parseSysctls, sysctlNamespace } from "@podwright/spec/values/sysctl";
import type { ContainerNamespaces, ContainerNetwork } from "../../ports/container-record.ts";
import { invalidConfig } from "./inputs.ts";

export interface SysctlInputs {
  readonly asked: Labels;
  readonly configured: readonly string[];
  readonly ipc: ContainerNamespaces["ipc"];
  readonly network: ContainerNetwork["mode"];
}

/** Defaults are left out where the namespace is somebody else's. @throws CONTAINER_INVALID, VALUE_INVALID */
export function resolveSysctls({ asked, configured, ipc, network }: SysctlInputs): Labels {
  for (const [key, value] of Object.entries(asked)) {
    const where = sysctlNamespace(key) === "net" ? network : ipc;
    if (where.kind !== "host") continue;
    const shown = where === network ? "Network" : "IPC";
    throw invalidConfig(
      `sysctl ${key}=${value} can't be set since ${shown} Namespace set to host: invalid argument`,
    );
  }
  const borrowed: readonly string[] = ["host", "container", "pod", "path"];
  const defaults = Object.entries(parseSysctls(configured)).filter(
    ([key]) => !borrowed.includes((sysctlNamespace(key) === "net" ? network : ipc).kind),
  );
  return { ...Object.fromEntries(defaults), ...asked };
}
