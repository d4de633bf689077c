/** `kube generate`: YAML of containers, pods and volumes, and a list of what it does not say. */
import type { GeneratedKind, GenerateReport, GenerateRequest } from "@podwright/spec/engine-api/kube";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { VERSION } from "../../base/version.ts";
import type { ContainerConfig, ContainerRecord } from "../../ports/container-record.ts";
import type { PodRecord } from "../../ports/pod-record.ts";
import type { VolumeRecord } from "../../ports/volume-record.ts";
import { claimOf } from "./claims.ts";
import type { GenerateContext, Writing } from "./context.ts";
import { Documents } from "./documents.ts";
import { generateFromContainers } from "./from-containers.ts";
import { generateFromPod } from "./from-pod.ts";
import { Losses } from "./losses.ts";
import { toYaml } from "./yaml.ts";

/** @throws KUBE_GENERATE_REFUSED, KUBE_NOT_FOUND, CONTAINER_NAME_AMBIGUOUS, POD_NAME_AMBIGUOUS */
export function generateKube(ctx: GenerateContext, asked: GenerateRequest): GenerateReport {
  const request = withConfiguredType(ctx, asked);
  const { containers, pods, volumes } = lookUp(ctx, request.names);
  const writing = writingOf(ctx, request);
  const documents = new Documents();
  for (const volume of volumes) documents.add(claimOf(ctx.store.pods, volume, writing.losses));
  for (const pod of pods) generateFromPod({ ctx, writing, request, documents }, pod);
  if (containers.length > 0) generateFromContainers({ ctx, writing, request, documents }, containers);
  return { yaml: print(documents.inOrder()), losses: writing.losses.list() };
}

const KINDS: readonly GeneratedKind[] = ["pod", "deployment", "daemonset", "job"];

function withConfiguredType({ settings }: GenerateContext, request: GenerateRequest): GenerateRequest {
  const configured = settings.config.kubeGenerateType;
  if (request.type !== undefined || configured === "") return request;
  const type = KINDS.find((kind) => kind === configured);
  if (type !== undefined) return { ...request, type };
  throw new EngineError(
    "CONFIG_INVALID",
    `containers.conf: kube_generate_type ${JSON.stringify(configured)} is none`,
  );
}

interface Found {
  readonly containers: readonly ContainerRecord[];
  readonly pods: readonly PodRecord[];
  readonly volumes: readonly VolumeRecord[];
}

function lookUp({ store }: GenerateContext, names: readonly string[]): Found {
  const containers: ContainerRecord[] = [];
  const pods: PodRecord[] = [];
  const volumes: VolumeRecord[] = [];
  for (const name of names) {
    const container = found("CONTAINER_NOT_FOUND", () => store.containers.find(name));
    if (container !== undefined) {
      refuseMember(container.config);
      containers.push(container);
      continue;
    }
    const pod = found("POD_NOT_FOUND", () => store.pods.find(name));
    if (pod !== undefined) {
      pods.push(pod);
      continue;
    }
    const volume = found("VOLUME_NOT_FOUND", () => store.volumes.find(name));
    if (volume === undefined) {
      throw new EngineError("KUBE_NOT_FOUND", `name or ID ${JSON.stringify(name)} not found`);
    }
    volumes.push(volume);
  }
  return { containers, pods, volumes };
}

function found<T>(
  code: "CONTAINER_NOT_FOUND" | "POD_NOT_FOUND" | "VOLUME_NOT_FOUND",
  find: () => T,
): T | undefined {
  try {
    return find();
  } catch (error) {
    if (isEngineError(error, code)) return undefined;
    throw error;
  }
}

function refuseMember({ id, podId }: ContainerConfig): void {
  if (podId === "") return;
  throw new EngineError(
    "KUBE_GENERATE_REFUSED",
    `container ${id} is associated with pod ${podId}: use generate on the pod itself`,
  );
}

function writingOf(
  { settings, store, host }: GenerateContext,
  { podmanOnly, service }: GenerateRequest,
): Writing {
  const { config: conf, cgroup } = settings;
  return {
    conf,
    cgroup,
    host,
    losses: new Losses(),
    podmanOnly,
    service,
    image: ({ image }) => store.images.get(image.id)?.config.config ?? {},
  };
}

function print(documents: readonly object[]): string {
  const head = [
    "# Save the output of this file and use kubectl create -f to import",
    "# it into Kubernetes.",
    "#",
    `# Created with podwright-${VERSION}`,
    "",
  ].join("\n");
  return `${head}${documents.map(toYaml).join("---\n")}`;
}
