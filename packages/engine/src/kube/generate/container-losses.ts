/** What a container was asked to be that no field and no annotation says. */
import type { ContainerConfig, MemberNamespaceMode } from "../../ports/container-record.ts";
import { ANNOTATION_HINT, subjectOf, type Writing } from "./context.ts";

export function noteContainerLosses(writing: Writing, config: ContainerConfig): void {
  for (const text of [
    ...processLosses(writing, config),
    ...hostLosses(writing, config),
    ...networkLosses(config),
    ...namespaceLosses(config),
  ]) {
    writing.losses.add(subjectOf(config), text);
  }
}

/** Paths for ids (--cidfile, --pidfile) are about the command that made the container, and no loss. */
function processLosses({ conf, podmanOnly }: Writing, { process, autoRemove }: ContainerConfig): string[] {
  const annotated = podmanOnly ? [] : [ANNOTATION_HINT];
  return [
    ...(process.umask === conf.umask ? [] : [`the umask ${process.umask} is left out`]),
    ...(process.timezone === conf.timezone ? [] : [`the time zone ${process.timezone} is left out`]),
    ...(process.timeout === 0 ? [] : [`the time limit of ${process.timeout} seconds is left out`]),
    ...(process.oomScoreAdj === undefined || process.oomScoreAdj === conf.oomScoreAdj
      ? []
      : [`the OOM score ${process.oomScoreAdj} is left out: Kubernetes sets it by the resources`]),
    ...(process.passwd ? [] : ["--passwd=false is left out"]),
    ...(process.init && !conf.init ? annotated.map((hint) => `the init process is left out${hint}`) : []),
    ...(autoRemove ? annotated.map((hint) => `--rm is left out${hint}`) : []),
  ];
}

function hostLosses({ conf, cgroup }: Writing, config: ContainerConfig): string[] {
  const { log } = config;
  const driver = conf.logDriver === "" || conf.logDriver === "journald" ? "k8s-file" : conf.logDriver;
  const options = Object.keys(log.options).length > 0 || log.tag !== "" || log.maxSize !== conf.logSizeMax;
  return [
    ...(log.driver === driver ? [] : [`the log driver ${log.driver} is left out`]),
    ...(options ? ["options of the log driver are left out"] : []),
    ...(config.cgroups === "enabled" ? [] : [`--cgroups=${config.cgroups} is left out`]),
    ...(config.podId === "" && config.cgroupParent !== cgroup
      ? [`the cgroup parent ${config.cgroupParent} is left out`]
      : []),
    ...(config.runtime === conf.runtime ? [] : [`the runtime ${config.runtime} is left out`]),
    ...requirements(config),
  ];
}

/** Those whose namespaces it joins are told as such. */
function requirements(config: ContainerConfig): string[] {
  const joined = [...Object.values(config.namespaces), config.network.mode].flatMap((mode) =>
    mode.kind === "container" ? [mode.container] : [],
  );
  return config.dependencies
    .filter((id) => !joined.includes(id))
    .map((id) => `it requires the container ${id.slice(0, 12)}, which a manifest cannot say`);
}

function networkLosses({ network }: ContainerConfig): string[] {
  return [
    ...(network.noHosts ? ["--no-hosts is left out"] : []),
    ...(network.noHostname ? ["--no-hostname is left out"] : []),
  ];
}

const NAMESPACES = ["pid", "ipc", "uts", "cgroup", "user"] as const;

/** The host's pid and ipc namespaces are fields of the pod. */
function namespaceLosses({ namespaces }: ContainerConfig): string[] {
  return NAMESPACES.flatMap((name) => {
    const mode: MemberNamespaceMode = namespaces[name];
    switch (mode.kind) {
      case "container":
        return [`the ${name} namespace of the container ${mode.container.slice(0, 12)} is not joined`];
      case "path":
        return [`the ${name} namespace at ${mode.path} is not joined`];
      case "none":
        return [`--${name} none is left out`];
      case "host":
      case "pod":
      case "private":
      case "shareable":
        return [];
      default:
        return mode satisfies never;
    }
  });
}
