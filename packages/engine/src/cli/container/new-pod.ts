/** `--pod new:NAME`: makes the pod that the container joins; the network flags are the pod's then. */
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { Engine } from "@podwright/spec/engine-api/engine";
import type { PodRequest } from "@podwright/spec/engine-api/pods";

export interface WithPod {
  readonly request: ContainerRequest;
  readonly warnings: readonly string[];
  /** Takes back the new pod when the container could not be made. */
  readonly undo: () => Promise<void>;
}

/** A request for any other pod, or none, passes through. */
export async function withNewPod(engine: Engine, request: ContainerRequest): Promise<WithPod> {
  if (request.pod?.kind !== "new") return { request, warnings: [], undo: async () => {} };
  const pods = await engine.pods();
  const { id, warnings } = await pods.create(podFor(request, request.pod.name));
  return {
    request: asMember(request, id),
    warnings,
    undo: async () => {
      await pods.remove({ names: [id], all: false }, { force: true, ignore: true, timeout: 0 });
    },
  };
}

function podFor(request: ContainerRequest, name: string): PodRequest {
  return {
    name,
    createCommand: request.createCommand,
    replace: false,
    share: ["ipc", "net", "uts"],
    shareParent: true,
    infra: true,
    ...(request.hostname === undefined ? {} : { hostname: request.hostname }),
    ...(request.network === undefined ? {} : { network: request.network }),
    addHost: request.addHost,
    noHosts: request.noHosts,
    noHostname: request.noHostname,
    dns: request.dns,
    ports: request.ports,
    labels: {},
    mounts: [],
    exitPolicy: "continue",
    sysctls: {},
    limits: {},
    security: {
      privileged: false,
      capAdd: [],
      capDrop: [],
      noNewPrivileges: false,
      seccomp: "",
      apparmor: "",
      labels: [],
      mask: [],
      unmask: [],
      procOptions: [],
    },
  };
}

/** What the pod has taken over is not asked for twice. */
function asMember(request: ContainerRequest, podId: string): ContainerRequest {
  const { hostname: _hostname, network: _network, ...rest } = request;
  return {
    ...rest,
    pod: { kind: "existing", nameOrId: podId },
    ports: [],
    publishAll: false,
    addHost: [],
    noHosts: false,
    noHostname: false,
    dns: {},
  };
}
