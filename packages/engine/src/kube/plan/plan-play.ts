/** `kube play` from objects to a plan: pure, everything that is wrong is told at once, and nothing is changed. */
import { parseUsernsMode } from "@podwright/spec/values/userns-mode";
import type { Diagnostic, PlayRequest } from "@podwright/spec/engine-api/kube";
import type { Container } from "@podwright/spec/kube/types";
import type { Manifest, ManifestObject } from "../manifest.ts";
import type { PlannedContainer, PlannedPlay, PlannedPod, PlannedVolume, PlayFacts } from "../play-plan.ts";
import { checkAnnotations } from "./annotations.ts";
import { implicitClaim, planClaim } from "./claims.ts";
import { checkConfigMaps, checkNames } from "./clashes.ts";
import { planContainer } from "./container-request.ts";
import { planJobs } from "./jobs.ts";
import { Place } from "./place.ts";
import { inStreamOrder } from "./played.ts";
import { planPod } from "./pod-request.ts";
import { checkNetworks, KUBE_NETWORK } from "./pod-network.ts";
import { checkPorts, planPorts } from "./ports.ts";
import { collectReferences } from "./references.ts";
import { type ContainerScope, type PlayScope, type PodScope, specPlace } from "./scope.ts";
import { planSecret } from "./secrets.ts";
import { type PlannedVolumes, planVolumes } from "./volumes.ts";
import { podScopes, warnOfEmpty, warnOfWorkload } from "./workload.ts";

/**
 * The diagnostics are the plan's own, in the order of the objects; those of the reading stay with the manifest.
 * @throws NOT_IMPLEMENTED, NETWORK_NOT_FOUND for options of the command line
 */
export function planPlay(
  manifest: Manifest,
  configMaps: readonly ManifestObject[],
  request: PlayRequest,
  facts: PlayFacts,
): PlannedPlay {
  const diagnostics: Diagnostic[] = [];
  const { objects } = manifest;
  const findings = { made: diagnostics, read: manifest.diagnostics };
  const placeOf = (object: ManifestObject): Place => new Place(object, [], findings);
  const references = collectReferences({ objects, configMaps, facts });
  const scope: PlayScope = { request, facts, references, services: manifest.services, placeOf };
  if (request.userns !== undefined) parseUsernsMode(request.userns);
  checkNetworks(scope);
  checkConfigMaps(objects, configMaps, placeOf);
  const claimed = objects.filter(({ kind }) => kind === "PersistentVolumeClaim");
  const volumes = claimed.map((object) => planClaim(object, placeOf(object)));
  const scopes = objects.flatMap((object) => podScopes(scope, object));
  for (const object of objects) warnOfEmpty(scope, object);
  checkNames(scope, scopes);
  const drafts = scopes.map((pod, index) => planWorkload(pod, { index, objects }));
  checkPorts(drafts.map(({ pod, ports }) => ({ podName: pod.request.name, ports })));
  tellLeftOver(request, scopes);
  tellUnused(manifest, placeOf);
  const plan = {
    networks: networksToMake(scope, drafts),
    volumes: [...volumes, ...implicitVolumes(scope, drafts, volumes)],
    secrets: objects.filter(({ kind }) => kind === "Secret").map(planSecret),
    jobs: planJobs(scopes),
    pods: drafts.map(({ pod }) => pod),
  };
  return { plan, diagnostics: inOrder(eachOnce(diagnostics), request) };
}

interface Draft {
  readonly pod: PlannedPod;
  readonly ports: ReturnType<typeof planPorts>;
  readonly volumes: PlannedVolumes;
}

interface Stream {
  readonly index: number;
  readonly objects: readonly ManifestObject[];
}

function planWorkload(scope: PodScope, { index, objects }: Stream): Draft {
  const { workload, used } = scope;
  const { initContainers = [], containers } = workload.spec;
  const names = [...initContainers, ...containers].map(({ name }) => name);
  warnOfWorkload(scope);
  checkAnnotations(scope.notes, names);
  const volumes = planVolumes(scope);
  for (const name of volumes.claims.keys()) {
    const claim = objects.find((object) => object.kind === "PersistentVolumeClaim" && object.name === name);
    if (claim !== undefined) used.add(claim);
  }
  const planned = [
    ...planContainers(scope, "initContainers", initContainers, volumes),
    ...planContainers(scope, "containers", containers, volumes),
  ];
  inStreamOrder(used, objects);
  const ports = planPorts(scope);
  const request = planPod(scope, { index, ports, volumes });
  const pod = { object: workload.object, request, containers: planned, hostPaths: volumes.hostPaths };
  return { pod, ports, volumes };
}

function planContainers(
  scope: PodScope,
  field: "initContainers" | "containers",
  containers: readonly Container[],
  volumes: PlannedVolumes,
): PlannedContainer[] {
  const place = specPlace(scope.workload).at(field);
  return containers.map((container, i) => {
    const own: ContainerScope = {
      ...scope,
      container,
      place: place.at(i),
      isInit: field === "initContainers",
    };
    return planContainer(own, volumes);
  });
}

function networksToMake({ facts }: PlayScope, drafts: readonly Draft[]): string[] {
  const wanted = drafts.some(
    ({ pod }) =>
      pod.request.network?.kind === "bridge" &&
      pod.request.network.attachments.some(({ name }) => name === KUBE_NETWORK),
  );
  return wanted && !facts.networkExists(KUBE_NETWORK) ? [KUBE_NETWORK] : [];
}

function implicitVolumes(
  scope: PlayScope,
  drafts: readonly Draft[],
  planned: readonly PlannedVolume[],
): PlannedVolume[] {
  const made = new Set(planned.map(({ request }) => request.name));
  return drafts.flatMap(({ volumes }) =>
    [...volumes.claims].flatMap(([name, place]) => {
      if (made.has(name)) return [];
      made.add(name);
      return implicitClaim(name, scope, place) ?? [];
    }),
  );
}

/** An address that no pod gets was given for a pod that is not there. */
function tellLeftOver(request: PlayRequest, scopes: readonly PodScope[]): void {
  const last = scopes.at(-1)?.workload.root;
  for (const [option, values] of [
    ["--ip", request.ips],
    ["--mac-address", request.macs],
  ] as const) {
    for (const value of values.slice(scopes.length))
      last?.warn(`${option} ${value} is left over: no pod gets it`);
  }
}

/** A ConfigMap is nothing without a container that uses it; what could not be read may be that container's pod. */
function tellUnused({ objects, diagnostics }: Manifest, placeOf: (object: ManifestObject) => Place): void {
  const [first] = objects;
  if (first === undefined || objects.some(({ kind }) => kind !== "ConfigMap")) return;
  if (diagnostics.some(({ severity }) => severity === "error")) return;
  placeOf(first).error(
    "ConfigMaps in podman are not a standalone object and must be used in a container",
    "play it together with the workload that uses it, or give it by --configmap",
  );
}

/** The pods of a Job have the same to tell. */
function eachOnce(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic])).values()];
}

/** As the sources were given, from top to bottom. */
function inOrder(diagnostics: readonly Diagnostic[], request: PlayRequest): Diagnostic[] {
  const names = [...request.sources, ...request.configMaps].map(({ name }) => name);
  const order = ({ source }: Diagnostic): number => names.indexOf(source);
  return [...diagnostics].sort((a, b) => order(a) - order(b) || a.line - b.line || a.column - b.column);
}
