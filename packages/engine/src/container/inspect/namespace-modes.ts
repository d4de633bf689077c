/** How inspect words where a namespace comes from: "private", "host", "container:ID", "ns:PATH". */
import type { NetworkMode } from "@podwright/spec/engine-api/common";
import type { MemberNamespaceMode } from "../../ports/container-record.ts";
import type { Subject } from "./subject.ts";

/** A pod's namespace is its infra container's to the reader. */
export function namespaceMode(mode: MemberNamespaceMode, infraId: string): string {
  if (mode.kind === "pod") return infraId === "" ? "private" : `container:${infraId}`;
  if (mode.kind === "container") return `container:${mode.container}`;
  return mode.kind === "path" ? `ns:${mode.path}` : mode.kind;
}

export function networkMode({ record, pod }: Pick<Subject, "record" | "pod">): string {
  const { mode } = record.config.network;
  if (record.config.infra && pod !== undefined) return modeName(pod.config.network);
  if (mode.kind === "pod") return `container:${pod?.config.infraId ?? ""}`;
  return modeName(mode);
}

function modeName(mode: NetworkMode): string {
  if (mode.kind === "container") return `container:${mode.container}`;
  if (mode.kind === "path") return `ns:${mode.path}`;
  return mode.kind;
}
