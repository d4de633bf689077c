/** A container of a manifest → what is asked of the engine. */
import type { Labels } from "@podwright/spec/engine-api/common";
import type { ContainerRequest, InitKind, Ulimit } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseUlimit } from "@podwright/spec/values/ulimit";
import { isForEngine, truth } from "./annotations.ts";
import { planEnvironment } from "./environment.ts";
import { pullPolicy, registryFor } from "./images.ts";
import { planMounts } from "./mounts.ts";
import { type Place, quote } from "./place.ts";
import { podRestart } from "./pod-request.ts";
import { planWatch } from "./probes.ts";
import { planDevices, planLimits } from "./resources.ts";
import { planIdentity, planSecurity } from "./security.ts";
import { type ContainerScope, isSidecar, type PodScope } from "./scope.ts";
import type { PlannedContainer } from "../play-plan.ts";
import type { PlannedVolumes } from "./volumes.ts";

export function planContainer(scope: ContainerScope, volumes: PlannedVolumes): PlannedContainer {
  const { container, place, request } = scope;
  const image = container.image ?? "";
  const environment = planEnvironment(scope);
  const { mounts, devices, images } = planMounts({ container: scope, volumes, environment });
  const { command = [], args = [], stdin = false, tty = false, workingDir = "" } = container;
  const made: ContainerRequest = {
    ...fixed(scope),
    image,
    name: containerName(scope, container.name),
    // A command replaces the image's entry point and drops its CMD; arguments alone replace the CMD.
    ...(command.length === 0
      ? {}
      : { entrypoint: words(command, place.at("command")).map(environment.expand) }),
    command: words(args, place.at("args")).map(environment.expand),
    ...(workingDir === "" ? {} : { workdir: workingDir, createWorkdir: true }),
    env: environment.lines,
    ...(Object.keys(environment.sandbox).length === 0 ? {} : { sandboxEnv: environment.sandbox }),
    openStdin: stdin,
    tty,
    pull: pullPolicy(image, container.imagePullPolicy),
    registry: registryFor(scope, image),
    mounts,
    devices: [...planDevices(scope), ...devices],
    limits: planLimits(scope),
    security: planSecurity(scope),
    ...planIdentity(scope),
    ...planLife(scope),
    ...planWatch(scope),
    ...annotated(scope),
    ...(request.logDriver === undefined ? {} : { logDriver: request.logDriver }),
    logOptions: request.logOptions,
  };
  return { request: made, path: place.path, images };
}

/** The kernel ends a word at its first NUL. */
function words(texts: readonly string[], place: Place): readonly string[] {
  texts.forEach((text, i) => {
    if (text.includes("\0")) place.at(i).error("a word of a command cannot have a NUL byte");
  });
  return texts.map((text) => text.replaceAll("\0", ""));
}

export function containerName({ request, workload }: PodScope, name: string): string {
  return request.noPodPrefix ? name : `${workload.podName}-${name}`;
}

type Fixed = Pick<
  ContainerRequest,
  | "createCommand"
  | "replace"
  | "pod"
  | "unsetEnv"
  | "unsetEnvAll"
  | "httpProxy"
  | "timeout"
  | "labels"
  | "annotations"
  | "imageVolumes"
  | "readOnlyTmpfs"
  | "ports"
  | "publishAll"
  | "expose"
  | "dns"
  | "addHost"
  | "noHosts"
  | "noHostname"
  | "pid"
  | "ipc"
  | "uts"
  | "sysctls"
  | "cgroups"
  | "requires"
  | "passwd"
>;

/** What is the same for all containers of the pod. */
function fixed(scope: ContainerScope): Fixed {
  const { request, workload } = scope;
  const { hostIPC, hostPID, hostNetwork } = workload.spec;
  const host = { kind: "host" } as const;
  return {
    createCommand: request.createCommand,
    replace: request.replace,
    pod: { kind: "existing", nameOrId: workload.podId },
    unsetEnv: [],
    unsetEnvAll: false,
    httpProxy: true,
    timeout: 0,
    labels: { ...workload.labels, ...autoUpdateLabels(scope) },
    annotations: Object.fromEntries(Object.entries(scope.notes.all()).filter(([key]) => !isForEngine(key))),
    imageVolumes: "anonymous",
    readOnlyTmpfs: true,
    ports: [],
    publishAll: false,
    expose: exposed(scope),
    dns: {},
    addHost: [],
    noHosts: request.noHosts,
    noHostname: request.noHostname,
    ...(hostPID === true ? { pid: host } : {}),
    ...(hostIPC === true ? { ipc: host } : {}),
    ...(hostNetwork === true && request.network === undefined ? { uts: host } : {}),
    sysctls: {},
    cgroups: "enabled",
    requires: [],
    passwd: true,
  };
}

function exposed({ container }: ContainerScope): string[] {
  const ports = container.ports ?? [];
  return [
    ...new Set(
      ports.map(({ containerPort, protocol = "TCP" }) => `${containerPort}/${protocol.toLowerCase()}`),
    ),
  ];
}

/** Podman keeps these two as labels. */
function autoUpdateLabels({ notes, container }: ContainerScope): Labels {
  return Object.fromEntries(
    ["io.containers.autoupdate", "io.containers.autoupdate.authfile"].flatMap((key) => {
      const note = notes.get(`${key}/${container.name}`) ?? notes.get(key);
      return note === undefined ? [] : [[key, note.value] as const];
    }),
  );
}

type Life = Pick<ContainerRequest, "initContainer" | "restart" | "stopTimeout">;

function planLife(scope: ContainerScope): Life {
  const { container, isInit, workload } = scope;
  const grace = workload.spec.terminationGracePeriodSeconds;
  const stopTimeout = grace === undefined ? {} : { stopTimeout: grace };
  if (!isInit) return { restart: podRestart(scope), ...stopTimeout };
  const kind: InitKind = isSidecar(container) ? "sidecar" : initKind(scope);
  const restart = { name: kind === "sidecar" ? "always" : "no", maximumRetries: 0 } as const;
  return { initContainer: kind, restart, ...stopTimeout };
}

function initKind({ notes }: PodScope): InitKind {
  const note = notes.ofPod("init.container.type");
  if (note === undefined || note.value === "once") return "once";
  if (note.value === "always") return "always";
  note.place.error(`${quote(note.value)} is no type of init containers`, "once or always");
  return "once";
}

type Annotated = Pick<ContainerRequest, "autoRemove" | "init" | "ulimits" | "volumesFrom">;

function annotated(scope: ContainerScope): Annotated {
  const { notes, container } = scope;
  return {
    autoRemove: truth(notes.forContainer("autoremove", container.name)) ?? false,
    init: truth(notes.forContainer("init", container.name)) ?? false,
    ulimits: ulimits(scope),
    volumesFrom: volumesFrom(scope),
  };
}

function ulimits({ notes }: PodScope): Ulimit[] {
  const note = notes.ofPod("ulimit");
  return (note?.value ?? "").split(",").flatMap((text) => {
    if (text === "") return [];
    try {
      return [parseUlimit(text)];
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      note?.place.error(error.message);
      return [];
    }
  });
}

/** `src[:opts];src2…`; a container of the same pod goes by its name in the manifest, and must come before. */
function volumesFrom(scope: ContainerScope): string[] {
  const { notes, container, workload } = scope;
  const note = notes.get(`io.podman.annotations.volumes-from/${container.name}`);
  if (note === undefined) return [];
  const all = [...(workload.spec.initContainers ?? []), ...workload.spec.containers].map(({ name }) => name);
  const before = all.slice(0, all.indexOf(container.name));
  return note.value.split(";").flatMap((text) => {
    const [source = "", ...options] = text.split(":");
    if (source === "") return [];
    if (source === container.name) {
      note.place.error("to a container, volumes of its own cannot be given");
      return [];
    }
    if (all.includes(source) && !before.includes(source)) {
      note.place.error(
        `container ${quote(source)} comes after ${quote(container.name)}`,
        "list the container that lends its volumes first",
      );
    }
    return [[before.includes(source) ? containerName(scope, source) : source, ...options].join(":")];
  });
}
