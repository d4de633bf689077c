/** A pod's spec, of a Pod or of a workload's template. */
import type { Container, PodDNSConfig, PodSpec } from "@podwright/spec/kube/types";
import type { SupportTable } from "@podwright/spec/kube/support";
import { canonicalIp } from "@podwright/spec/values/ip";
import type { FieldPath } from "../../manifest.ts";
import { unsupportedValue } from "../structure.ts";
import { type PodScope, checkContainer, checkRestartPolicy } from "./containers.ts";
import { type NameProblem, dnsLabelProblem, dnsSubdomainProblem, invalid } from "./names.ts";
import type { Rules } from "./rule-context.ts";
import { checkPodSecurity } from "./security.ts";
import { checkVolumes } from "./volumes.ts";

const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;

export function checkPodSpec(rules: Rules, spec: PodSpec, at: FieldPath, support: SupportTable): void {
  if (spec.containers.length === 0) rules.required([...at, "containers"], "a pod has at least one container");
  checkMembers(rules, spec, at, support);
  rules.atLeast([...at, "terminationGracePeriodSeconds"], spec.terminationGracePeriodSeconds, 0);
  rules.atLeast([...at, "activeDeadlineSeconds"], spec.activeDeadlineSeconds, 1);
  for (const name of ["hostname", "subdomain"] as const)
    if ((spec[name] ?? "") !== "") rules.report([...at, name], dnsLabelProblem(spec[name] ?? ""));
  checkNamespaces(rules, spec, at);
  for (const [index, alias] of (spec.hostAliases ?? []).entries()) {
    const here = [...at, "hostAliases", index];
    rules.name([...here, "ip"], alias.ip, ipProblem);
    for (const [nth, name] of (alias.hostnames ?? []).entries())
      rules.report([...here, "hostnames", nth], dnsSubdomainProblem(name));
  }
  checkDns(rules, spec, at);
  if (spec.securityContext !== undefined)
    checkPodSecurity(rules, spec.securityContext, [...at, "securityContext"]);
  for (const [index, { name }] of (spec.imagePullSecrets ?? []).entries())
    rules.name([...at, "imagePullSecrets", index, "name"], name, dnsSubdomainProblem);
}

function checkMembers(rules: Rules, spec: PodSpec, at: FieldPath, support: SupportTable): void {
  const init = spec.initContainers ?? [];
  const all = [...init, ...spec.containers];
  const volumes = spec.volumes ?? [];
  const containers = new Set(all.map(({ name }) => name));
  const mounted = new Set(all.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
  const unmountable = checkVolumes(rules, { volumes, containers, mounted }, support, [...at, "volumes"]);
  const scope: PodScope = {
    containers,
    volumes: new Set(volumes.map(({ name }) => name)),
    unmountable,
    hostNetwork: spec.hostNetwork === true,
    security: spec.securityContext,
    hostPorts: new Set(),
  };
  const names = new Set<string>();
  const check = (container: Container, path: FieldPath, place: "init" | "regular"): void => {
    rules.unique([...path, "name"], container.name, names);
    checkRestartPolicy(rules, container, path, place);
    const sidecar = place === "init" && container.restartPolicy === "Always";
    const role = place === "regular" ? "container" : sidecar ? "sidecar" : "init";
    checkContainer(rules, container, path, { ...scope, role });
  };
  for (const [index, container] of init.entries()) check(container, [...at, "initContainers", index], "init");
  for (const [index, container] of spec.containers.entries())
    check(container, [...at, "containers", index], "regular");
}

function checkNamespaces(rules: Rules, spec: PodSpec, at: FieldPath): void {
  if (spec.hostPID === true && spec.shareProcessNamespace === true)
    rules.findings.errorAtKey(
      [...at, "shareProcessNamespace"],
      "forbidden: hostPID is set too, one of them must go",
    );
  for (const key of ["hostNetwork", "hostPID", "hostIPC"] as const) {
    if (spec.hostUsers === false && spec[key] === true)
      rules.findings.errorAtKey([...at, key], "forbidden: hostUsers is false, one of them must go");
  }
  const os = spec.os?.name ?? "";
  if (os === "windows") rules.findings.error([...at, "os", "name"], "pods of Windows do not run on Linux");
  else if (spec.os !== undefined && os !== "linux")
    unsupportedValue(rules.findings, [...at, "os", "name"], os, ["linux"]);
}

function checkDns(rules: Rules, spec: PodSpec, at: FieldPath): void {
  const config: PodDNSConfig = spec.dnsConfig ?? {};
  const { nameservers = [], searches = [], options = [] } = config;
  const path = [...at, "dnsConfig"];
  if (spec.dnsPolicy === "None" && nameservers.length === 0)
    rules.required([...path, "nameservers"], 'dnsPolicy "None" leaves the servers to dnsConfig');
  if (nameservers.length > MOST_NAMESERVERS)
    rules.findings.error([...path, "nameservers"], `too many: at most ${MOST_NAMESERVERS}`);
  if (searches.length > MOST_SEARCHES)
    rules.findings.error([...path, "searches"], `too many: at most ${MOST_SEARCHES}`);
  for (const [index, server] of nameservers.entries())
    rules.report([...path, "nameservers", index], ipProblem(server));
  for (const [index, domain] of searches.entries())
    rules.report(
      [...path, "searches", index],
      dnsSubdomainProblem(domain.replace(/(?<=.)\.$/, "").replaceAll("_", "-")),
    );
  for (const [index, { name }] of options.entries())
    if ((name ?? "") === "") rules.required([...path, "options", index, "name"]);
}

function ipProblem(value: string): NameProblem | undefined {
  return canonicalIp(value) === undefined ? invalid(value, "not an IP address") : undefined;
}
