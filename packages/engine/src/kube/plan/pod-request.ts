/** What is asked of a pod, without its containers. */
import type { Labels } from "@podwright/spec/engine-api/common";
import type { RestartPolicy } from "@podwright/spec/engine-api/containers";
import type { SharedNamespace } from "@podwright/spec/engine-api/pods";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseUsernsMode } from "@podwright/spec/values/userns-mode";
import { parseSysctls, sysctlNamespace } from "@podwright/spec/values/sysctl";
import type { PlannedPod } from "../play-plan.ts";
import { planJobSpec } from "./jobs.ts";
import { planNames, planNetwork } from "./pod-network.ts";
import { playedManifest } from "./played.ts";
import type { PlannedPort } from "./ports.ts";
import { NO_SECURITY } from "@podwright/spec/values/security";
import { type PodScope, specPlace } from "./scope.ts";
import type { PlannedVolumes } from "./volumes.ts";

interface PodParts {
  readonly index: number;
  readonly ports: readonly PlannedPort[];
  readonly volumes: PlannedVolumes;
}

export function planPod(scope: PodScope, { index, ports, volumes }: PodParts): PlannedPod["request"] {
  const { request, workload, notes } = scope;
  const userns = userNamespace(scope);
  const { activeDeadlineSeconds: deadline } = workload.spec;
  const infraName = notes.ofPod("infra.name")?.value;
  return {
    id: workload.podId,
    name: workload.podName,
    createCommand: request.createCommand,
    replace: request.replace,
    share: sharedNamespaces(scope),
    shareParent: true,
    infra: true,
    ...(infraName === undefined ? {} : { infraName }),
    ...planNames(scope),
    network: planNetwork(scope, index),
    ports: ports.map(({ mapping }) => mapping),
    labels: workload.labels,
    mounts: [],
    exitPolicy: "stop",
    sysctls: sysctls(scope),
    limits: {},
    security: NO_SECURITY,
    userns: { mode: userns, uidmap: [], gidmap: [] },
    restart: podRestart(scope),
    ...(volumes.podVolumes.length === 0 ? {} : { volumes: volumes.podVolumes }),
    played: playedManifest(scope),
    ...(workload.job === undefined ? {} : { job: workload.job }),
    ...(deadline === undefined ? {} : { activeDeadline: deadline }),
  };
}

export function podRestart({ workload }: PodScope): RestartPolicy {
  const names = { Always: "always", OnFailure: "on-failure", Never: "no" } as const;
  const name = names[workload.spec.restartPolicy ?? "Always"];
  if (workload.job === undefined || name !== "on-failure") return { name, maximumRetries: 0 };
  // So that no container runs once more than the Job allows before anybody has counted.
  const { backoffLimit } = planJobSpec(workload.object);
  return backoffLimit === 0 ? { name: "no", maximumRetries: 0 } : { name, maximumRetries: backoffLimit };
}

/** What is the host's is shared by being the host's. */
function sharedNamespaces({ workload, request }: PodScope): SharedNamespace[] {
  const { hostIPC, hostPID, hostNetwork, shareProcessNamespace } = workload.spec;
  return [
    ...(hostIPC === true ? [] : (["ipc"] as const)),
    "net",
    ...(hostNetwork === true && request.network === undefined ? [] : (["uts"] as const)),
    ...(shareProcessNamespace === true && hostPID !== true ? (["pid"] as const) : []),
  ];
}

function sysctls(scope: PodScope): Labels {
  const { workload } = scope;
  const place = specPlace(workload).at("securityContext", "sysctls");
  const result: Record<string, string> = {};
  const { hostIPC = false } = workload.spec;
  const hostNetwork = workload.spec.hostNetwork === true && scope.request.network === undefined;
  (workload.spec.securityContext?.sysctls ?? []).forEach(({ name, value }, i) => {
    // Kubernetes takes both ways of writing: kernel/shm_rmid_forced.
    const key = name.replaceAll("/", ".");
    const here = place.at(i, "name");
    if (sysctlNamespace(key) === "net" ? hostNetwork : hostIPC) {
      here.error(`sysctl ${key} can't be set: the pod uses the host's namespace`);
      return;
    }
    try {
      Object.assign(result, parseSysctls([`${key}=${value}`]));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      here.error(
        error.message,
        "those below net. and fs.mqueue., and those of IPC, belong to a pod; others to the host",
      );
    }
  });
  return result;
}

/** The command line's, the annotation's, or, for `hostUsers: false`, one of its own. */
function userNamespace({ workload, notes, request }: PodScope): string {
  if (request.userns !== undefined && request.userns !== "") return request.userns;
  const note = notes.get(`io.podman.annotations.userns/${workload.podName}`) ?? notes.ofPod("userns");
  if (note !== undefined && note.value !== "") {
    try {
      parseUsernsMode(note.value);
      return note.value;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      note.place.error(error.message);
    }
  }
  return workload.spec.hostUsers === false ? "auto" : "host";
}
