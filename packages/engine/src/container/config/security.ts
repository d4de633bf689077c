/** What a pod's --security-opt gives to its members: what a member does not say itself. */
import type { SecurityRequest } from "@podwright/spec/engine-api/containers";
import type { PodConfig } from "../../ports/pod-record.ts";

export function inheritSecurity(own: SecurityRequest, pod: PodConfig | undefined): SecurityRequest {
  if (pod === undefined || pod.infraId === "") return own;
  const shared = pod.security;
  const either = (mine: readonly string[], theirs: readonly string[]): readonly string[] =>
    mine.length > 0 ? mine : theirs;
  return {
    ...own,
    noNewPrivileges: own.noNewPrivileges || shared.noNewPrivileges,
    seccomp: own.seccomp === "" ? shared.seccomp : own.seccomp,
    apparmor: own.apparmor === "" ? shared.apparmor : own.apparmor,
    labels: either(own.labels, shared.labels),
    mask: either(own.mask, shared.mask),
    unmask: either(own.unmask, shared.unmask),
    procOptions: either(own.procOptions, shared.procOptions),
  };
}
