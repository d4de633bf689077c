/** `volumes` of a pod: what each name that a mount may use stands for. */
import type { PullPolicy } from "@podwright/spec/engine-api/images";
import type { PodVolume } from "@podwright/spec/engine-api/pods";
import type { Volume } from "@podwright/spec/kube/types";
import { quantityUnits } from "@podwright/spec/kube/quantity";
import type { HostPathType, PlannedHostPath } from "../play-plan.ts";
import { pullPolicy } from "./images.ts";
import type { Place } from "./place.ts";
import { type PodScope, specPlace } from "./scope.ts";
import { planFiles } from "./volume-files.ts";

/** How a mount of that volume is made. */
export type VolumeSource =
  | { readonly kind: "bind"; readonly hostPath: string }
  | { readonly kind: "device"; readonly hostPath: string }
  | { readonly kind: "claim"; readonly claim: string; readonly readOnly: boolean }
  | { readonly kind: "pod"; readonly readOnly: boolean }
  | { readonly kind: "image"; readonly reference: string; readonly pull: PullPolicy }
  /** What is wrong with it was told. */
  | { readonly kind: "broken" };

export interface PlannedVolumes {
  readonly sources: ReadonlyMap<string, VolumeSource>;
  readonly podVolumes: readonly PodVolume[];
  readonly hostPaths: readonly PlannedHostPath[];
  /** Claims by name, each with the first place that names it. */
  readonly claims: ReadonlyMap<string, Place>;
}

interface Draft {
  readonly podVolumes: PodVolume[];
  readonly hostPaths: PlannedHostPath[];
  readonly claims: Map<string, Place>;
}

export function planVolumes(scope: PodScope): PlannedVolumes {
  const draft: Draft = { podVolumes: [], hostPaths: [], claims: new Map() };
  const place = specPlace(scope.workload).at("volumes");
  const sources = new Map(
    (scope.workload.spec.volumes ?? []).map((volume, i) => [
      volume.name,
      planVolume(scope, volume, place.at(i), draft),
    ]),
  );
  return { sources, ...draft };
}

function planVolume(scope: PodScope, volume: Volume, place: Place, draft: Draft): VolumeSource {
  const files = planFiles(scope, volume, place);
  if (files !== undefined) {
    draft.podVolumes.push({ name: volume.name, content: { kind: "files", files }, ...fsGroup(scope) });
    return { kind: "pod", readOnly: true };
  }
  const { hostPath, persistentVolumeClaim, image, emptyDir } = volume;
  if (hostPath !== undefined) return hostPathSource(hostPath, place.at("hostPath"), draft);
  if (persistentVolumeClaim !== undefined) {
    const { claimName, readOnly = false } = persistentVolumeClaim;
    const here = place.at("persistentVolumeClaim", "claimName");
    if (!draft.claims.has(claimName)) draft.claims.set(claimName, here);
    return { kind: "claim", claim: claimName, readOnly };
  }
  if (image !== undefined) {
    const { reference = "", pullPolicy: asked } = image;
    return { kind: "image", reference, pull: pullPolicy(reference, asked) };
  }
  // A source that cannot be here was told where a container mounts it.
  const other = Object.keys(volume).find((key) => key !== "name" && key !== "emptyDir");
  if (other !== undefined && emptyDir === undefined) return { kind: "broken" };
  // Without any source it is an emptyDir, as the API server has it.
  draft.podVolumes.push(emptyVolume(scope, volume, place.at("emptyDir")));
  return { kind: "pod", readOnly: false };
}

function emptyVolume(scope: PodScope, { name, emptyDir = {} }: Volume, place: Place): PodVolume {
  const { medium = "", sizeLimit } = emptyDir;
  const size = sizeLimit === undefined ? 0 : (quantityUnits(sizeLimit) ?? 0);
  if (medium === "Memory") {
    return { name, content: { kind: "memory", ...(size > 0 ? { size } : {}) }, ...fsGroup(scope) };
  }
  if (size > 0) {
    place.at("sizeLimit").warn("sizeLimit does not limit a directory on disk", "it does with medium: Memory");
  }
  return { name, content: { kind: "directory" }, ...fsGroup(scope) };
}

/** The host's own files keep their owners, as in Kubernetes. */
export function fsGroup({ workload }: PodScope): { readonly fsGroup?: number } {
  const group = workload.spec.securityContext?.fsGroup;
  return group === undefined ? {} : { fsGroup: group };
}

function hostPathSource(
  { path, type = "" }: NonNullable<Volume["hostPath"]>,
  place: Place,
  draft: Draft,
): VolumeSource {
  const checked: HostPathType = type;
  draft.hostPaths.push({ hostPath: path, type: checked, path: place.at("path").path });
  const isDevice = type === "CharDevice" || type === "BlockDevice";
  return { kind: isDevice ? "device" : "bind", hostPath: path };
}
