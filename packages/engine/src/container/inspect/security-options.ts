/** `SecurityOpt` of inspect: what `--security-opt` asked for, worded as Podman does. */
import type { SecurityRequest } from "@podwright/spec/engine-api/containers";

export function securityOptions(security: SecurityRequest): string[] {
  const unmasked = security.privileged || security.unmask.some((path) => path.toUpperCase() === "ALL");
  return [
    ...(security.noNewPrivileges ? ["no-new-privileges"] : []),
    ...security.labels.map((label) => `label=${label}`),
    ...(security.seccomp === "" ? [] : [`seccomp=${security.seccomp}`]),
    ...(security.apparmor === "" ? [] : [`apparmor=${security.apparmor}`]),
    ...(unmasked ? ["unmask=all"] : []),
  ];
}
