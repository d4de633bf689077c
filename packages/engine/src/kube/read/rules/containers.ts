/** One container of a pod: its name, image, ports, mounts, and what the other rules say of it. */
import { parseReference } from "@podwright/spec/distribution/reference";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { Container, ContainerPort, PodSecurityContext, VolumeMount } from "@podwright/spec/kube/types";
import { canonicalIp } from "@podwright/spec/values/ip";
import { nearestWord } from "../../../base/edit-distance.ts";
import type { FieldPath } from "../../manifest.ts";
import { unsupportedValue } from "../structure.ts";
import { checkEnvironment } from "./environment.ts";
import {
  absolutePathProblem,
  dnsLabelProblem,
  insidePathProblem,
  invalid,
  portNameProblem,
} from "./names.ts";
import { type ContainerRole, checkHandlers } from "./probes.ts";
import { checkResources } from "./resources.ts";
import type { Rules } from "./rule-context.ts";
import { checkContainerSecurity } from "./security.ts";
import type { Unmountable } from "./volumes.ts";

/** What a container's rules need to know of its pod. */
export interface PodScope {
  readonly containers: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
  readonly unmountable: Unmountable;
  readonly hostNetwork: boolean;
  readonly security: PodSecurityContext | undefined;
  /** "hostIP:port/protocol" of ports already taken in the pod. */
  readonly hostPorts: Set<string>;
}

export function checkContainer(
  rules: Rules,
  container: Container,
  at: FieldPath,
  pod: PodScope & { readonly role: ContainerRole },
): void {
  rules.name([...at, "name"], container.name, dnsLabelProblem);
  checkImage(rules, container.image, [...at, "image"]);
  checkPorts(rules, container.ports ?? [], [...at, "ports"], pod);
  checkEnvironment(rules, container, at, pod.containers);
  checkHandlers(rules, container, at, pod.role);
  if (container.resources !== undefined) checkResources(rules, container.resources, [...at, "resources"]);
  if (container.securityContext !== undefined)
    checkContainerSecurity(rules, container.securityContext, [...at, "securityContext"], pod.security);
  checkMounts(rules, container, [...at, "volumeMounts"], pod);
}

function checkImage(rules: Rules, image: string | undefined, path: FieldPath): void {
  if (image === undefined || image === "") return rules.required(path);
  if (image !== image.trim()) return rules.report(path, invalid(image, "must not begin or end with a space"));
  try {
    parseReference(image);
  } catch (error) {
    if (!isEngineError(error)) throw error;
    rules.report(
      path,
      invalid(image, "not an image's name", /[A-Z]/.test(image) ? "names are lower case" : undefined),
    );
  }
}

function checkPorts(rules: Rules, ports: readonly ContainerPort[], at: FieldPath, pod: PodScope): void {
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const here = [...at, index];
    rules.between([...here, "containerPort"], port.containerPort, 1, 65535);
    rules.between([...here, "hostPort"], port.hostPort, 0, 65535);
    if (port.name !== undefined && port.name !== "") {
      rules.report([...here, "name"], portNameProblem(port.name));
      rules.unique([...here, "name"], port.name, names);
    }
    if ((port.hostIP ?? "") !== "" && canonicalIp(port.hostIP ?? "") === undefined)
      rules.report([...here, "hostIP"], invalid(port.hostIP ?? "", "not an IP address"));
    checkHostPort(rules, port, here, pod);
  }
}

function checkHostPort(rules: Rules, port: ContainerPort, at: FieldPath, pod: PodScope): void {
  const { hostPort = 0, containerPort, protocol = "TCP", hostIP = "" } = port;
  if (hostPort === 0) return;
  const path = [...at, "hostPort"];
  if (pod.hostNetwork && hostPort !== containerPort)
    return rules.report(
      path,
      invalid(hostPort, `must be ${containerPort}, the containerPort, on the host's network`),
    );
  const address = hostIP === "0.0.0.0" ? "" : hostIP;
  const taken = [...pod.hostPorts].some((other) => {
    const [otherAddress = "", rest] = other.split("|");
    return (
      rest === `${hostPort}/${protocol}` &&
      (address === "" || otherAddress === "" || address === otherAddress)
    );
  });
  if (taken) rules.findings.error(path, `duplicate value ${hostPort}: the pod publishes this port already`);
  pod.hostPorts.add(`${address}|${hostPort}/${protocol}`);
}

function checkMounts(rules: Rules, container: Container, at: FieldPath, pod: PodScope): void {
  const paths = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const here = [...at, index];
    checkMountedVolume(rules, mount, [...here, "name"], pod);
    checkMountPath(rules, mount.mountPath, [...here, "mountPath"]);
    rules.unique([...here, "mountPath"], withoutOptions(mount.mountPath).replace(/(?<=.)\/+$/, ""), paths);
    for (const name of ["subPath", "subPathExpr"] as const) {
      const value = mount[name] ?? "";
      if (value !== "") rules.report([...here, name], insidePathProblem(value));
    }
    if ((mount.subPath ?? "") !== "" && (mount.subPathExpr ?? "") !== "")
      rules.findings.errorAtKey(
        [...here, "subPathExpr"],
        'forbidden: "subPath" is set too, one of them must go',
      );
  }
}

/** Podman takes mount options behind a colon; the API server does not. */
function checkMountPath(rules: Rules, value: string, path: FieldPath): void {
  if (value === "") return rules.required(path);
  rules.report(path, absolutePathProblem(value));
  if (value.includes(":"))
    rules.findings.warn(
      path,
      `mountPath "${value}" has options, which only Podman and Podwright take`,
      "Kubernetes has the fields readOnly and mountPropagation",
    );
}

function withoutOptions(mountPath: string): string {
  return mountPath.split(":")[0] ?? "";
}

function checkMountedVolume(rules: Rules, mount: VolumeMount, path: FieldPath, pod: PodScope): void {
  const { name } = mount;
  if (name === "") return rules.required(path);
  if (!pod.volumes.has(name)) {
    const meant = nearestWord(name, [...pod.volumes]);
    const hint =
      meant === undefined ? "volumes are listed in the pod's spec.volumes" : `did you mean "${meant}"?`;
    return rules.findings.error(path, `not found: the pod has no volume "${name}"`, hint);
  }
  const problem = pod.unmountable.get(name);
  if (problem !== undefined)
    rules.findings.error(
      path,
      `volume "${name}" cannot be mounted: ${problem.source}: ${problem.why}`,
      "use hostPath, emptyDir or a persistentVolumeClaim",
    );
}

export function checkRestartPolicy(
  rules: Rules,
  container: Container,
  at: FieldPath,
  place: "init" | "regular",
): void {
  const policy = container.restartPolicy ?? "";
  if (policy === "") return;
  const path = [...at, "restartPolicy"];
  const known = ["Always", "Never", "OnFailure"];
  if (!known.includes(policy)) unsupportedValue(rules.findings, path, policy, known);
  else if (place === "regular" || policy !== "Always")
    rules.findings.warnAtKey(
      path,
      "restartPolicy is ignored: containers restart as the pod's restartPolicy says",
    );
}
