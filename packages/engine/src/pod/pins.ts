/** Which namespaces a pod's sandbox pins. Pure. */
import type { PinnedNamespace } from "../ports/namespaces.ts";
import type { PodConfig } from "../ports/pod-record.ts";

/** `pinnable` kinds that the pod shares; a host network has no namespace of its own. */
export function pinsOf(config: PodConfig): PinnedNamespace[] {
  const kinds: PinnedNamespace[] = [];
  if (config.share.includes("net") && config.network.kind !== "host") kinds.push("net");
  if (config.share.includes("ipc")) kinds.push("ipc");
  if (config.share.includes("uts")) kinds.push("uts");
  return kinds;
}
