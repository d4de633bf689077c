/** A container, or the pod behind its infra record, whose networks can be changed. */
import type { DnsOptions, NetworkAttachment, PortMapping } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { NetworkContext } from "./context.ts";
import { type Attached, containerAttachments, podAttachments } from "./owners.ts";

interface Owner {
  readonly id: string;
  readonly kind: "container" | "pod";
}

export interface Changeable {
  /** The container's, for messages. */
  readonly id: string;
  readonly name: string;
  readonly owner: Owner;
  readonly up: boolean;
  /** "" while it is down. */
  readonly netnsPath: string;
  readonly attachments: readonly NetworkAttachment[];
  /** What it has of them now. */
  readonly attached: Attached;
  /** As asked for. */
  readonly ports: readonly PortMapping[];
  readonly dns: DnsOptions;
  /** Its names in /etc/hosts. */
  readonly hostNames: readonly string[];
  readonly save: (change: {
    readonly attachments: readonly NetworkAttachment[];
    readonly attached?: Attached;
  }) => void;
}

export function lockOf({ kind, id }: Owner): string {
  return `${kind}-${id}`;
}

/** @throws CONTAINER_NOT_FOUND, NETWORK_INVALID for one whose network is not its own */
export function findChangeable(ctx: NetworkContext, nameOrId: string): Changeable {
  const record = ctx.store.containers.find(nameOrId);
  const pod = record.config.infra ? ctx.store.pods.get(record.config.podId) : undefined;
  const mode = pod === undefined ? record.config.network.mode : pod.config.network;
  if (mode.kind !== "bridge") throw notBridge(ctx, record, mode);
  return pod === undefined ? ofContainer(ctx, record) : ofPod(ctx, pod, record);
}

/** As Podman writes the mode: a pod's member has its infra container's. */
function notBridge(
  ctx: NetworkContext,
  { config }: ContainerRecord,
  mode: ContainerRecord["config"]["network"]["mode"],
): EngineError {
  const infra = ctx.store.pods.get(config.podId)?.config.infraId ?? "";
  const text =
    mode.kind === "pod"
      ? `container:${infra}`
      : mode.kind === "container"
        ? `container:${mode.container}`
        : mode.kind === "path"
          ? `ns:${mode.path}`
          : mode.kind;
  return new EngineError("NETWORK_INVALID", `"${text}" is not supported: invalid network mode`);
}

function ofContainer(ctx: NetworkContext, record: ContainerRecord): Changeable {
  const { config, state } = record;
  const netnsPath = ctx.netnsPath(config.id);
  const { id, name, network } = config;
  return {
    id,
    name,
    owner: { id, kind: "container" },
    up: netnsPath !== "",
    netnsPath,
    attachments: containerAttachments(record),
    attached: { interfaces: state.run?.interfaces ?? [], ports: state.run?.ports ?? [] },
    ports: network.ports,
    dns: network.dns,
    hostNames: [...new Set([network.hostname, name])],
    save: ({ attachments, attached }) =>
      void ctx.store.containers.updateState(id, (now) => ({
        ...now,
        attachments,
        ...(now.run === undefined || attached === undefined ? {} : { run: { ...now.run, ...attached } }),
      })),
  };
}

function ofPod(ctx: NetworkContext, pod: PodRecord, infra: ContainerRecord): Changeable {
  const { config, state } = pod;
  const netnsPath = ctx.netnsPath(config.id);
  return {
    id: infra.config.id,
    name: infra.config.name,
    owner: { id: config.id, kind: "pod" },
    up: netnsPath !== "",
    netnsPath,
    attachments: podAttachments(pod),
    attached: { interfaces: state.sandbox?.interfaces ?? [], ports: state.sandbox?.ports ?? [] },
    ports: config.ports,
    dns: config.dns,
    hostNames: [...new Set([config.hostname, infra.config.name])],
    save: ({ attachments, attached }) =>
      void ctx.store.pods.updateState(config.id, (now) => ({
        ...now,
        attachments,
        ...(now.sandbox === undefined || attached === undefined
          ? {}
          : { sandbox: { ...now.sandbox, ...attached } }),
      })),
  };
}
