/** The pod or container behind an attached sandbox: its names, and where its networks of this moment are kept. */
import type { InterfaceStatus, NetworkAttachment, PortMapping } from "@podwright/spec/engine-api/common";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { Store } from "../ports/store.ts";
import type { NetworkContext } from "./context.ts";
import type { NameRequest } from "./names.ts";

const SHORT_ID = 12;

/** What the record says, or `network connect` and `disconnect` have made of it since. [] for other modes. */
export function containerAttachments({ config, state }: ContainerRecord): readonly NetworkAttachment[] {
  const { mode } = config.network;
  return mode.kind === "bridge" ? (state.attachments ?? mode.attachments) : [];
}

export function podAttachments({ config, state }: PodRecord): readonly NetworkAttachment[] {
  return config.network.kind === "bridge" ? (state.attachments ?? config.network.attachments) : [];
}

/** Names that a sandbox has on all its networks, the one that reverse look-ups give first. */
export function nameRequest(ctx: NetworkContext, owner: string): NameRequest {
  const { dnsServers } = ctx.settings.config;
  const container = ctx.store.containers.get(owner);
  const pod = container === undefined ? ctx.store.pods.get(owner) : undefined;
  const own = container?.config.network.dns.servers ?? pod?.config.dns.servers ?? [];
  return {
    owner,
    names: container !== undefined ? containerNames(container) : podNames(ctx.store, owner, pod),
    servers: [...new Set([...dnsServers, ...own.filter((server) => server !== "none")])],
  };
}

function containerNames({ config }: ContainerRecord): string[] {
  return given([config.name, config.id.slice(0, SHORT_ID), config.network.hostname]);
}

/** Its members share its address, so that their names lead there too. */
function podNames(store: Store, owner: string, pod: PodRecord | undefined): string[] {
  if (pod === undefined) return [owner];
  const { config } = pod;
  const members = store.containers.list({ podId: config.id });
  const infra = members.filter((member) => member.config.infra);
  const sharers = members.filter(
    ({ config: { network, infra: isInfra } }) => !isInfra && network.mode.kind === "pod",
  );
  return given([
    config.name,
    config.id.slice(0, SHORT_ID),
    config.hostname,
    ...infra.flatMap(containerNames),
    ...sharers.flatMap(({ config: { name, id } }) => [name, id.slice(0, SHORT_ID)]),
  ]);
}

function given(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== "");
}

export interface Attached {
  readonly interfaces: readonly InterfaceStatus[];
  readonly ports: readonly PortMapping[];
}

/** A member stands for its pod. */
export function ownerOf({ config }: ContainerRecord): string {
  return config.infra || config.network.mode.kind === "pod" ? config.podId : config.id;
}

/** As it was noted when it came up or its networks last changed. */
export function attachedTo(ctx: NetworkContext, owner: string): Attached {
  const container = ctx.store.containers.get(owner);
  const noted = container === undefined ? ctx.store.pods.get(owner)?.state.sandbox : container.state.run;
  return { interfaces: noted?.interfaces ?? [], ports: noted?.ports ?? [] };
}
