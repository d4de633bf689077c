/** Security contexts of pods and containers. */
import { CAPABILITIES } from "@podwright/spec/values/capability";
import type {
  AppArmorProfile,
  PodSecurityContext,
  SeccompProfile,
  SecurityContext,
} from "@podwright/spec/kube/types";
import { nearestWord } from "../../../base/edit-distance.ts";
import type { FieldPath } from "../../manifest.ts";
import { insidePathProblem, invalid } from "./names.ts";
import type { Rules } from "./rule-context.ts";

/** Linux's ids go on to 2³²-2; Kubernetes stops here. */
const MOST_ID = 2 ** 31 - 1;
const SYSCTL = /^(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/;

export function checkPodSecurity(rules: Rules, context: PodSecurityContext, at: FieldPath): void {
  checkIds(rules, context, at);
  rules.between([...at, "fsGroup"], context.fsGroup, 0, MOST_ID);
  for (const [index, group] of (context.supplementalGroups ?? []).entries())
    rules.between([...at, "supplementalGroups", index], group, 0, MOST_ID);
  checkProfiles(rules, context, at);
  const seen = new Set<string>();
  for (const [index, { name }] of (context.sysctls ?? []).entries()) {
    const path = [...at, "sysctls", index, "name"];
    if (name === "") rules.required(path);
    else if (!SYSCTL.test(name)) rules.report(path, invalid(name, "not a sysctl"));
    rules.unique(path, name.replaceAll("/", "."), seen);
  }
}

export function checkContainerSecurity(
  rules: Rules,
  context: SecurityContext,
  at: FieldPath,
  pod: PodSecurityContext | undefined,
): void {
  checkIds(rules, context, at);
  checkProfiles(rules, context, at);
  const nonRoot = context.runAsNonRoot ?? pod?.runAsNonRoot;
  if (nonRoot === true && context.runAsUser === 0 && context.runAsNonRoot === undefined)
    rules.report([...at, "runAsUser"], invalid(0, "the pod's runAsNonRoot forbids root"));
  if (context.allowPrivilegeEscalation === false) {
    const path = [...at, "allowPrivilegeEscalation"];
    if (context.privileged === true)
      rules.report(path, invalidFlag("a privileged container can always gain privileges"));
    if ((context.capabilities?.add ?? []).some((name) => /^(?:CAP_)?SYS_ADMIN$/.test(name)))
      rules.report(path, invalidFlag("a container with SYS_ADMIN can always gain privileges"));
  }
  for (const list of ["add", "drop"] as const)
    for (const [index, name] of (context.capabilities?.[list] ?? []).entries())
      checkCapability(rules, name, [...at, "capabilities", list, index]);
}

function invalidFlag(reason: string): { message: string } {
  return { message: `invalid value false: ${reason}` };
}

function checkIds(
  rules: Rules,
  context: Pick<SecurityContext, "runAsGroup" | "runAsUser" | "runAsNonRoot">,
  at: FieldPath,
): void {
  rules.between([...at, "runAsUser"], context.runAsUser, 0, MOST_ID);
  rules.between([...at, "runAsGroup"], context.runAsGroup, 0, MOST_ID);
  if (context.runAsNonRoot === true && context.runAsUser === 0)
    rules.report([...at, "runAsUser"], invalid(0, "runAsNonRoot forbids root"));
}

function checkProfiles(
  rules: Rules,
  context: { readonly seccompProfile?: SeccompProfile; readonly appArmorProfile?: AppArmorProfile },
  at: FieldPath,
): void {
  for (const name of ["seccompProfile", "appArmorProfile"] as const) {
    const profile = context[name];
    if (profile === undefined) continue;
    const path = [...at, name, "localhostProfile"];
    const file = profile.localhostProfile ?? "";
    if (profile.type === "Localhost" && file === "")
      rules.required(path, 'the type "Localhost" names a profile');
    if (profile.type !== "Localhost" && file !== "")
      rules.findings.errorAtKey(path, `forbidden: the type is "${profile.type}"`);
    if (name === "seccompProfile" && file !== "") rules.report(path, insidePathProblem(file));
  }
}

function checkCapability(rules: Rules, name: string, path: FieldPath): void {
  const bare = name.toUpperCase().replace(/^CAP_/, "");
  const known = ["ALL", ...CAPABILITIES.map((capability) => capability.replace(/^CAP_/, ""))];
  if (known.includes(bare)) return;
  const meant = nearestWord(bare, known);
  rules.report(
    path,
    invalid(name, "not a capability", meant === undefined ? undefined : `did you mean "${meant}"?`),
  );
}
