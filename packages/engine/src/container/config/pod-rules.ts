/** What a member of a pod may not ask for, because its pod has decided it. */
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PodConfig } from "../../ports/pod-record.ts";
import { joinsPod } from "./inputs.ts";

const SHARED_NETWORK = "network cannot be configured when it is shared with a pod";

/** @throws POD_MEMBER_CONFLICT with Podman's texts. */
export function checkPodRules(request: ContainerRequest, pod: PodConfig): void {
  const namesNetworks =
    request.network?.kind === "bridge" &&
    (request.network.attachments.length > 1 || request.network.attachments.some(isMoreThanDefault));
  // Only a container that leaves the network to its pod shares it; `--network none` in a pod is its own.
  const sharesNetwork = joinsPod(pod, "net") && (request.network === undefined || namesNetworks);
  if (sharesNetwork) {
    if (namesNetworks) throw conflict(`networks must be defined when the pod is created: ${SHARED_NETWORK}`);
    if (request.ports.length > 0 || request.publishAll) {
      throw conflict(`published or exposed ports must be defined when the pod is created: ${SHARED_NETWORK}`);
    }
    if (request.addHost.length > 0) {
      throw conflict(`extra host entries must be specified on the pod: ${SHARED_NETWORK}`);
    }
  }
  if (request.hostname !== undefined && request.uts === undefined && joinsPod(pod, "uts")) {
    throw conflict("cannot set hostname when joining the pod UTS namespace: invalid configuration");
  }
}

function isMoreThanDefault(attachment: object): boolean {
  const { name, ...wishes } = attachment as { readonly name: string };
  return name !== "" || Object.keys(wishes).length > 0;
}

function conflict(reason: string): EngineError {
  return new EngineError("POD_MEMBER_CONFLICT", `invalid config provided: ${reason}`);
}
