/** What a pod was asked to be that no field and no annotation says. */
import type { SharedNamespace } from "@podwright/spec/engine-api/pods";
import { parseMemorySize } from "@podwright/spec/values/size";
import type { PodConfig } from "../../ports/pod-record.ts";
import { subjectOf, type Writing } from "./context.ts";
import type { PodSource } from "./pod-source.ts";

const DEFAULT_SHM = 65_536 * 1024;
/** What the containers of a Kubernetes pod always share. */
const SHARED: readonly SharedNamespace[] = ["ipc", "net", "uts"];

export function notePodLosses({ losses, cgroup }: Writing, source: PodSource, pod: PodConfig): void {
  const lost = (text: string): void => losses.add(`pod ${pod.name}`, text);
  const missing = SHARED.filter(
    (kind) => (pod.infraId === "" || !pod.share.includes(kind)) && !isHosts(kind, source),
  );
  if (missing.length > 0) lost(`its containers do not share ${missing.join(", ")}; those of Kubernetes do`);
  if (pod.infraId !== "" && pod.share.includes("cgroup")) lost("the shared cgroup namespace is left out");
  if (!pod.shareParent) lost("--share-parent=false is left out");
  if (pod.noHosts) lost("--no-hosts is left out");
  if (pod.noHostname) lost("--no-hostname is left out");
  if (pod.shmSize !== DEFAULT_SHM) lost(`the size of /dev/shm, ${pod.shmSize} bytes, is left out`);
  if (pod.cgroupParent !== cgroup) lost(`the cgroup parent ${pod.cgroupParent} is left out`);
  const { cpusetCpus, cpusetMems, pids, ...amounts } = pod.limits;
  if (Object.keys(amounts).length > 0) {
    lost("its limits are spec.resources, which recent clusters act on and `kube play` does not");
  }
  if (cpusetCpus !== undefined) lost(`the processors ${cpusetCpus} are left out`);
  if (cpusetMems !== undefined) lost(`the memory nodes ${cpusetMems} are left out`);
  if (pids !== undefined) lost(`the limit of ${pids} processes is left out`);
}

/** A namespace that is the host's for all is shared by that. */
function isHosts(kind: SharedNamespace, { pod, members }: PodSource): boolean {
  if (kind === "uts") return pod?.network.kind === "host";
  return kind === "ipc" && members.every(({ config }) => config.namespaces.ipc.kind === "host");
}

/** What depends on whether the container stands in a pod. */
export function noteMemberLosses(
  { losses, image, conf }: Writing,
  { pod, members, labels }: PodSource,
): void {
  for (const { config } of members) {
    const lost = (text: string): void => losses.add(subjectOf(config), text);
    if (pod === undefined && config.shmSize !== parseMemorySize(conf.shmSize)) {
      lost(`the size of /dev/shm, ${config.shmSize} bytes, is left out`);
    }
    const known = { ...image(config).Labels, ...labels };
    for (const [key, value] of Object.entries(config.labels)) {
      if (known[key] === value || key.startsWith("io.containers.autoupdate")) continue;
      lost(`the label ${key}=${value} is left out: Kubernetes has labels of pods only`);
    }
    const { uts } = config.namespaces;
    if (uts.kind === "host" && config.network.mode.kind !== "host")
      lost("the host's uts namespace is left out");
  }
}
