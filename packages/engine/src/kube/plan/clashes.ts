/** Names that are taken already: by what exists, or by another object of the same stream. */
import type { ManifestObject } from "../manifest.ts";
import { type Place, quote } from "./place.ts";
import { containerName } from "./container-request.ts";
import { type PlayScope, type PodScope, specPlace } from "./scope.ts";

const REPLACE = "use --replace to replace it, or kube down to remove what was played before";

/** One name in the stream and by `--configmap`: which of the two would be meant? */
export function checkConfigMaps(
  objects: readonly ManifestObject[],
  given: readonly ManifestObject[],
  placeOf: (object: ManifestObject) => Place,
): void {
  for (const object of objects) {
    const twin = given.find(({ name }) => object.kind === "ConfigMap" && name === object.name);
    if (twin === undefined) continue;
    const { source, line } = twin.at(["metadata", "name"], { severity: "error", message: "" });
    placeOf(object)
      .at("metadata", "name")
      .error(
        `ambiguous configuration: the ConfigMap ${quote(object.name)} is given by --configmap too`,
        `the other is in ${source}:${line}`,
      );
  }
}

/** Of pods and containers, in the stream and in the store. */
export function checkNames(scope: PlayScope, pods: readonly PodScope[]): void {
  const podsByName = new Map<string, PodScope>();
  const containers = new Map<string, PodScope>();
  for (const pod of pods) {
    const { podName, root } = pod.workload;
    const twin = podsByName.get(podName);
    if (twin !== undefined && twin.workload.object.kind !== pod.workload.object.kind) {
      root
        .at("metadata", "name")
        .error(
          `pod ${quote(podName)} would be made twice: ${shown(twin)} makes it too`,
          "give one of the two another name",
        );
    }
    podsByName.set(podName, twin ?? pod);
    checkPodName(scope, pod);
    if (twin === undefined) checkContainerNames(scope, pod, containers);
  }
}

function checkPodName({ request, facts }: PlayScope, { workload }: PodScope): void {
  if (request.replace || !facts.podExists(workload.podName)) return;
  workload.root
    .at("metadata", "name")
    .error(`name ${quote(workload.podName)} is in use: pod already exists`, REPLACE);
}

function checkContainerNames(
  { request, facts }: PlayScope,
  pod: PodScope,
  taken: Map<string, PodScope>,
): void {
  const { spec, podName } = pod.workload;
  const podTaken = !request.replace && facts.podExists(podName);
  for (const field of ["initContainers", "containers"] as const) {
    (spec[field] ?? []).forEach(({ name: short }, i) => {
      const name = containerName(pod, short);
      const place = specPlace(pod.workload).at(field, i, "name");
      const other = taken.get(name);
      if (other !== undefined && other !== pod) {
        place.error(
          `container name ${quote(name)} is wanted by ${shown(other)} too`,
          "give one of the two another name",
        );
      }
      taken.set(name, other ?? pod);
      const owner = facts.containerOwner(name);
      // Its pod's name has been told to be in use.
      if (owner === undefined || request.replace || podTaken) return;
      const whose = owner === "" ? "" : ` by a container of pod ${quote(owner)}`;
      place.error(`the container name ${quote(name)} is already in use${whose}`, REPLACE);
    });
  }
}

function shown({ workload }: PodScope): string {
  return `${workload.object.kind} ${quote(workload.object.name)}`;
}
