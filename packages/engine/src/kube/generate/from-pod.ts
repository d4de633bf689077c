/** The documents of one pod: those it was played from, or those its record gives. */
import type { GenerateRequest } from "@podwright/spec/engine-api/kube";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { Container, ObjectMeta } from "@podwright/spec/kube/types";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { PodConfig, PodRecord } from "../../ports/pod-record.ts";
import { claimOf } from "./claims.ts";
import type { GenerateContext, Writing } from "./context.ts";
import type { Documents } from "./documents.ts";
import { containerLabel, objectName, unusedLabel } from "./names.ts";
import { changeSince, manifestName, type PlayedWorkload, playedWorkload, podOfTemplate } from "./played.ts";
import { referredTo } from "./referred.ts";
import { podObject } from "./pod-object.ts";
import type { PodSource } from "./pod-source.ts";
import { serviceOf } from "./service.ts";
import { workloadOf } from "./workload.ts";

export interface Generating {
  readonly ctx: GenerateContext;
  readonly writing: Writing;
  readonly request: GenerateRequest;
  readonly documents: Documents;
}

/** @throws KUBE_GENERATE_REFUSED */
export function generateFromPod(generating: Generating, { config: pod }: PodRecord): void {
  const { ctx, writing } = generating;
  const members = ctx.store.containers
    .list({ podId: pod.id })
    .map(({ config }) => config)
    .filter(({ infra }) => !infra);
  const played = pod.played && playedWorkload(pod.played);
  const changed = played && changeSince(pod, played, members);
  if (played !== undefined && changed === undefined) {
    giveBack(generating, pod, played);
    return;
  }
  if (changed !== undefined) {
    writing.losses.add(
      `pod ${pod.name}`,
      `written as it is now, with the values of its variables, for ${changed} since it was played`,
    );
  }
  refuseEmpty(pod, members);
  fromState(generating, { pod, members, played });
}

function refuseEmpty(pod: PodConfig, members: readonly ContainerConfig[]): void {
  if (members.length > 0) return;
  const what = pod.infraId === "" ? "has no containers" : "only has an infra container";
  throw new EngineError("KUBE_GENERATE_REFUSED", `pod ${pod.id} ${what}`);
}

/** Another kind than the one that was played is made of the same template. */
function giveBack({ writing, request, documents }: Generating, pod: PodConfig, played: PlayedWorkload): void {
  const type = request.type ?? played.kind;
  checkReplicas(request, type);
  for (const option of pod.played?.options ?? []) {
    writing.losses.add(`pod ${pod.name}`, `it was played with ${option}, which its manifest does not say`);
  }
  for (const other of played.others) documents.add(other);
  if (request.service) {
    const asPod = podOfTemplate(played, pod.name);
    addService(
      { writing, documents, subject: `pod ${pod.name}` },
      asPod.metadata ?? {},
      asPod.spec?.containers ?? [],
    );
  }
  if (type === played.kind) {
    documents.add(request.replicas > 1 ? withReplicas(played.object, request.replicas) : played.object);
    return;
  }
  const base = (played.object["metadata"] as ObjectMeta | undefined)?.name ?? pod.name;
  const asPod = podOfTemplate(played, type === "pod" ? pod.name : base);
  documents.add(workloadOf(asPod, { type, replicas: request.replicas }));
}

function withReplicas(object: Readonly<Record<string, unknown>>, replicas: number): object {
  const spec = object["spec"] as Readonly<Record<string, unknown>>;
  return { ...object, spec: { ...spec, replicas } };
}

function fromState(
  generating: Generating,
  state: {
    readonly pod: PodConfig;
    readonly members: readonly ContainerConfig[];
    readonly played: PlayedWorkload | undefined;
  },
): void {
  const { ctx, writing, request } = generating;
  const { pod, members, played } = state;
  const subject = `pod ${pod.name}`;
  const name = objectName(pod.name);
  if (name !== pod.name)
    writing.losses.add(subject, `it is called ${name}, for Kubernetes takes no other name`);
  const infraName = ctx.store.containers.get(pod.infraId)?.config.name;
  const usual = `${pod.id.slice(0, 12)}-infra`;
  writePod(generating, {
    subject,
    name,
    created: pod.created,
    labels: pod.labels,
    pod,
    ...(infraName === undefined || infraName === usual ? {} : { infraName }),
    members: namedMembers(writing, members, (member) => manifestName(pod, member)),
    ...(played === undefined ? {} : { played }),
    noTrunc: request.noTrunc,
  });
}

/** With names that Kubernetes takes, no two alike. */
export function namedMembers(
  { losses }: Writing,
  configs: readonly ContainerConfig[],
  nameOf: (config: ContainerConfig) => string,
): PodSource["members"] {
  const taken = new Set<string>();
  return configs.map((config) => {
    const wanted = nameOf(config);
    const name = unusedLabel(containerLabel(wanted), taken);
    if (name !== wanted)
      losses.add(`container ${config.name}`, `it is called ${name}, for Kubernetes takes no other name`);
    return { config, name };
  });
}

/** The pod in the kind that is asked for, with its claims, ConfigMaps and Service. */
export function writePod({ ctx, writing, request, documents }: Generating, source: PodSource): void {
  const type = request.type ?? "pod";
  checkReplicas(request, type);
  const { pod, claimed, configMaps } = podObject(writing, source);
  for (const name of claimed) {
    const volume = ctx.store.volumes.get(name);
    if (volume !== undefined) documents.add(claimOf(ctx.store.pods, volume, writing.losses));
  }
  for (const object of configMaps) documents.add(object);
  for (const object of referredTo(source.played?.others ?? [], pod.spec?.volumes ?? []))
    documents.add(object);
  if (request.service) {
    addService(
      { writing, documents, subject: source.subject },
      pod.metadata ?? {},
      pod.spec?.containers ?? [],
    );
  }
  documents.add(workloadOf(pod, { type, replicas: request.replicas }));
}

function addService(
  {
    writing,
    documents,
    subject,
  }: { readonly writing: Writing; readonly documents: Documents; readonly subject: string },
  metadata: ObjectMeta,
  containers: readonly Container[],
): void {
  const app = metadata.labels?.["app"];
  const selector = app === undefined ? (metadata.labels ?? {}) : { app };
  const service = serviceOf(
    metadata,
    selector,
    containers.flatMap(({ ports }) => ports ?? []),
  );
  if (service === undefined) writing.losses.add(subject, "no Service is written: it publishes no port");
  else documents.add(service);
}

/** @throws KUBE_GENERATE_REFUSED */
function checkReplicas({ replicas }: GenerateRequest, type: string): void {
  if (replicas < 1) {
    throw new EngineError(
      "KUBE_GENERATE_REFUSED",
      "--replicas has to be greater than or equal to 1. By default, --replicas is set to 1",
    );
  }
  if (replicas === 1 || type === "deployment") return;
  throw new EngineError(
    "KUBE_GENERATE_REFUSED",
    "--replicas can only be set when --type is set to deployment",
  );
}
