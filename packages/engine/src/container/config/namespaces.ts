/** Where each of the container's namespaces comes from: the request, then the pod, then Podman's default. */
import type { NamespaceMode } from "@podwright/spec/engine-api/containers";
import type { ContainerNamespaces, MemberNamespaceMode } from "../../ports/container-record.ts";
import { type ConfigInputs, invalidConfig, joinsPod } from "./inputs.ts";

/** @throws CONTAINER_INVALID, CONTAINER_NOT_FOUND */
export function buildNamespaces(inputs: ConfigInputs): ContainerNamespaces {
  const { request, pod, facts } = inputs;
  const fallback = (kind: "pid" | "ipc" | "uts" | "cgroup", otherwise: NamespaceMode): MemberNamespaceMode =>
    joinsPod(pod, kind) ? { kind: "pod" } : otherwise;
  const cgroup = facts.cgroupVersion === "v2" ? "private" : "host";
  return {
    pid: own(inputs, "PID", request.pid) ?? fallback("pid", { kind: "private" }),
    ipc: ownIpc(inputs, request.ipc) ?? fallback("ipc", { kind: "shareable" }),
    uts: own(inputs, "UTS", request.uts) ?? fallback("uts", { kind: "private" }),
    cgroup: own(inputs, "cgroup", request.cgroupns) ?? fallback("cgroup", { kind: cgroup }),
    user: inputs.userns?.mode ?? { kind: "host" },
  };
}

/** A container is noted by its id: names change hands. */
function own(
  { findContainer }: ConfigInputs,
  what: string,
  mode: NamespaceMode | undefined,
): NamespaceMode | undefined {
  if (mode?.kind !== "container") return mode;
  try {
    return { kind: "container", container: findContainer(mode.container).config.id };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw invalidConfig(`looking up container to share ${what} namespace with: ${error.message}`);
  }
}

function ownIpc(inputs: ConfigInputs, mode: NamespaceMode | undefined): NamespaceMode | undefined {
  const resolved = own(inputs, "ipc", mode);
  if (resolved?.kind !== "container") return resolved;
  const donor = inputs.findContainer(resolved.container).config;
  if (donor.namespaces.ipc.kind === "private" || donor.namespaces.ipc.kind === "none") {
    throw invalidConfig(
      `joining IPC of container ${donor.id} is not allowed: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  }
  return resolved;
}
