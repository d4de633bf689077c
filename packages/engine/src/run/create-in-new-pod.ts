/** `--pod new:NAME`: the pod is made first and takes what belongs to pods; it goes again when the container fails. */
import { NO_SECURITY } from "@podwright/spec/values/security";
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { PodRequest, PodsApi } from "@podwright/spec/engine-api/pods";

interface Created {
  readonly id: string;
  readonly warnings: readonly string[];
}

export async function createInNewPod(
  pods: Pick<PodsApi, "create" | "remove">,
  request: ContainerRequest,
  create: (request: ContainerRequest) => Promise<Created>,
): Promise<Created> {
  const { pod } = request;
  if (pod?.kind !== "new") return create(request);
  const made = await pods.create(podRequest(request, pod.name));
  try {
    const created = await create(memberRequest(request, made.id));
    return { ...created, warnings: [...made.warnings, ...created.warnings] };
  } catch (error) {
    await pods.remove({ names: [made.id], all: false }, { force: true, ignore: true });
    throw error;
  }
}

function podRequest(request: ContainerRequest, name: string): PodRequest {
  const { hostname, network } = request;
  return {
    ...(name === "" ? {} : { name }),
    createCommand: request.createCommand,
    replace: false,
    share: ["ipc", "net", "uts"],
    shareParent: true,
    infra: true,
    ...(hostname === undefined ? {} : { hostname }),
    addHost: request.addHost,
    noHosts: request.noHosts,
    noHostname: request.noHostname,
    dns: request.dns,
    ...(network === undefined ? {} : { network }),
    ports: request.ports,
    labels: {},
    mounts: [],
    exitPolicy: "continue",
    sysctls: {},
    limits: {},
    security: NO_SECURITY,
  };
}

/** Without what the pod has taken. */
function memberRequest(request: ContainerRequest, podId: string): ContainerRequest {
  const { hostname: _hostname, network: _network, ...rest } = request;
  return {
    ...rest,
    pod: { kind: "existing", nameOrId: podId },
    ports: [],
    addHost: [],
    noHosts: false,
    noHostname: false,
    dns: {},
  };
}
