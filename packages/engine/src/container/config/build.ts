/** ContainerRequest + image + settings + pod → ContainerConfig: resolved once, then stored and never changed. */
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseMemorySize } from "@podwright/spec/values/size";
import type { ContainerConfig, ContainerNamespaces } from "../../ports/container-record.ts";
import { storeDirectory } from "../places.ts";
import { resolveCapabilities } from "./capabilities.ts";
import { checkDevices } from "./devices.ts";
import { resolveHealth } from "./health.ts";
import { type ConfigInputs, imageDefaults, invalidConfig } from "./inputs.ts";
import { resolveLimits } from "./limits.ts";
import { hasNoCgroups } from "./applicable-limits.ts";
import { buildLogging } from "./logging.ts";
import { buildMounts } from "./mounts.ts";
import { buildNamespaces } from "./namespaces.ts";
import { buildNetwork } from "./network.ts";
import { refuseKnownRoot } from "./non-root.ts";
import { checkPodRules } from "./pod-rules.ts";
import { buildProcess, KEEP_GROUPS } from "./process.ts";
import { inheritSecurity } from "./security.ts";
import { resolveSysctls } from "./sysctls.ts";
import { resolveUlimits } from "./ulimits.ts";

/** @throws CONTAINER_INVALID, POD_MEMBER_CONFLICT, PORT_INVALID, PORT_CONFLICT, VALUE_INVALID, NOT_IMPLEMENTED */
export function buildConfig(inputs: ConfigInputs): ContainerConfig {
  const { request, pod, settings } = inputs;
  if (pod !== undefined) checkPodRules(request, pod);
  if (request.initContainer !== undefined && pod === undefined) {
    throw invalidConfig("init containers must be created in a pod: invalid argument");
  }
  checkSecurity(inputs);
  const namespaces = buildNamespaces(inputs);
  const network = buildNetwork(inputs, namespaces);
  const process = buildProcess(inputs);
  if (request.runAsNonRoot === true) {
    const image = imageDefaults(inputs).User ?? "";
    const asked = request.user === undefined ? {} : { asked: request.user };
    refuseKnownRoot({ name: inputs.name, ...asked, image });
  }
  const security = inheritSecurity(request.security, pod);
  if (process.init && namespaces.pid.kind !== "private") {
    throw invalidConfig("cannot add init binary as PID 1 (PID namespace isn't private)");
  }
  return {
    id: inputs.id,
    name: inputs.name,
    created: inputs.created,
    podId: pod?.id ?? "",
    infra: false,
    createCommand: request.createCommand,
    image: imageOf(inputs),
    process,
    mounts: buildMounts(inputs),
    rootfs: {
      readOnly: request.readOnly ?? settings.config.readOnly,
      readOnlyTmpfs: request.readOnlyTmpfs,
    },
    shmSize: shmSize(inputs, namespaces),
    ...checkDevices(inputs),
    network,
    namespaces,
    ...(inputs.userns?.idMappings === undefined ? {} : { idMappings: inputs.userns.idMappings }),
    ...(inputs.userns?.account === undefined ? {} : { hostAccount: inputs.userns.account }),
    ...(inputs.userns?.auto === undefined ? {} : { autoUserns: inputs.userns.auto }),
    security,
    capabilities: capabilitiesOf(inputs),
    sysctls: resolveSysctls({
      asked: request.sysctls,
      configured: settings.config.defaultSysctls,
      ipc: namespaces.ipc,
      network: network.mode,
    }),
    ulimits: resolveUlimits(request.ulimits, settings.config.defaultUlimits, inputs.facts),
    limits: resolveLimits(inputs),
    cgroupParent: cgroupParent(inputs),
    cgroups: hasNoCgroups(settings) ? "disabled" : request.cgroups,
    labels: { ...imageDefaults(inputs).Labels, ...request.labels },
    annotations: annotations(inputs),
    log: buildLogging(inputs, storeDirectory(settings, inputs.id)),
    autoRemove: request.autoRemove,
    cidFile: request.cidFile ?? "",
    pidFile: request.pidFile ?? "",
    conmonPidFile: request.conmonPidFile ?? "",
    dependencies: dependencies(inputs, namespaces, network.mode),
    ...health(inputs),
    runtime: request.runtime ?? settings.config.runtime,
    ...ofPods(request),
    ...restartPolicy(inputs),
  };
}

/** A member has its pod's, unless it asks for another; an init container's failure is its pod's. */
function restartPolicy({ request, pod }: ConfigInputs): Pick<ContainerConfig, "restart"> {
  const restart = request.restart ?? (request.initContainer === undefined ? pod?.restart : undefined);
  return restart === undefined ? {} : { restart };
}

/** What members of pods alone have; absent members stay absent, so that records stay small. */
function ofPods({
  initContainer,
  probes,
  lifecycle,
  runAsNonRoot,
  sandboxEnv,
}: ContainerRequest): Partial<ContainerConfig> {
  return {
    ...(initContainer === undefined ? {} : { initContainer }),
    ...(probes === undefined ? {} : { probes }),
    ...(lifecycle === undefined ? {} : { lifecycle }),
    ...(runAsNonRoot === undefined ? {} : { runAsNonRoot }),
    ...(sandboxEnv === undefined ? {} : { sandboxEnv }),
  };
}

function imageOf({ image, imageName, request }: ConfigInputs): ContainerConfig["image"] {
  const volumes = Object.keys(image.config.config?.Volumes ?? {});
  return { id: image.id, name: imageName, rawName: request.image, digest: image.digest, volumes };
}

function capabilitiesOf({ request, settings, facts }: ConfigInputs): string[] {
  return resolveCapabilities({
    privileged: request.security.privileged,
    add: request.security.capAdd,
    drop: request.security.capDrop,
    defaults: settings.config.defaultCapabilities,
    bounding: facts.boundingCapabilities,
  });
}

/** What the host has no way to do is refused; what asks for nothing there is taken. */
function checkSecurity({ request, facts }: ConfigInputs): void {
  const { apparmor, labels } = request.security;
  if (apparmor !== "" && apparmor !== "unconfined" && !facts.apparmor) {
    throw invalidConfig(
      `apparmor profile ${JSON.stringify(apparmor)} specified, but Apparmor is not enabled on this system`,
    );
  }
  if (facts.selinux && labels.some((label) => label !== "disable")) {
    throw new EngineError("NOT_IMPLEMENTED", "SELinux labels are not implemented", {
      hint: "--security-opt label=disable works",
    });
  }
}

function shmSize({ request, settings }: ConfigInputs, { ipc }: ContainerNamespaces): number {
  if (request.shmSize === undefined) return parseMemorySize(settings.config.shmSize);
  if (ipc.kind === "host" || ipc.kind === "none") {
    throw invalidConfig(
      `invalid config provided: cannot set shmsize when running in the ${ipc.kind} IPC Namespace`,
    );
  }
  return request.shmSize;
}

function cgroupParent({ request, pod, settings }: ConfigInputs): string {
  if (hasNoCgroups(settings)) return "";
  if (request.cgroupParent !== undefined) {
    const path = request.cgroupParent.replace(/\/+$/, "");
    if (path.split("/").includes("..")) throw invalidConfig(`invalid cgroup parent ${request.cgroupParent}`);
    return path.startsWith("/") ? path : `/${path}`;
  }
  if (pod === undefined) return settings.cgroup;
  return pod.shareParent ? pod.cgroupPath : pod.cgroupParent;
}

/** The image's own annotations are left out: an image that nobody trusts could steer the runtime by them. */
function annotations({ request, settings }: ConfigInputs): Record<string, string> {
  const configured = settings.config.annotations.map((text): [string, string] => {
    const equals = text.indexOf("=");
    return equals === -1 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
  });
  if (
    request.groupAdd.includes(KEEP_GROUPS) &&
    /(^|\/)runc$/.test(request.runtime ?? settings.config.runtime)
  ) {
    throw invalidConfig("the '--group-add keep-groups' option is only supported with the OCI runtime crun");
  }
  const kept = request.groupAdd.includes(KEEP_GROUPS) ? { "run.oci.keep_original_groups": "1" } : {};
  return { ...Object.fromEntries(configured), ...kept, ...request.annotations };
}

/** Ids of containers that must run first: `--requires`, and those whose namespaces it joins. */
function dependencies(
  { request, findContainer }: ConfigInputs,
  namespaces: ContainerNamespaces,
  network: ContainerConfig["network"]["mode"],
): string[] {
  const required = request.requires.map((name) => findContainer(name).config.id);
  const joined = [...Object.values(namespaces), network].flatMap((mode) =>
    mode.kind === "container" ? [mode.container] : [],
  );
  return [...new Set([...required, ...joined])];
}

function health(inputs: ConfigInputs): Pick<ContainerConfig, "health"> {
  const resolved = resolveHealth(inputs.request.health, imageDefaults(inputs).Healthcheck);
  return resolved === undefined ? {} : { health: resolved };
}
