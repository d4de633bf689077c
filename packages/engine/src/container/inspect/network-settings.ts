/** `NetworkSettings` of `container inspect`: a pod's member shows the sandbox's, a sharer those of its donor. */
import type { InterfaceStatus, NetworkAttachment, NetworkMode } from "@podwright/spec/engine-api/common";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type {
  InspectBasicNetwork,
  InspectJoinedNetwork,
  InspectNetworkSettings,
} from "@podwright/spec/libpod-api/inspect-network";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { containerAttachments, podAttachments } from "../../network/owners.ts";
import { podPorts, publishedPorts } from "../published-ports.ts";
import { statusNow } from "../status-now.ts";
import type { ContainerViewContext } from "../view-context.ts";
import { portBindings, withExposed } from "./ports.ts";
import type { Subject } from "./subject.ts";

/** A network namespace and who is in it. */
interface Net {
  readonly mode: NetworkMode;
  /** Of the mode `bridge`. */
  readonly attachments: readonly NetworkAttachment[];
  readonly ports: readonly PortMapping[];
  readonly exposed: readonly string[];
  /** [] while it is down. */
  readonly interfaces: readonly InterfaceStatus[];
  /** Path of the namespace, "" while there is none. */
  readonly path: string;
  /** Names that DNS gives besides the container's own. */
  readonly aliases: readonly string[];
}

export function networkSettingsJson(
  ctx: ContainerViewContext,
  subject: Pick<Subject, "record" | "pod" | "now">,
): InspectNetworkSettings {
  const net = netOf(ctx, subject);
  const networks = joined(ctx, net);
  const names = Object.keys(networks);
  // As in Docker, the addresses of the default network stand at the top as well; those of others do not.
  const top = names.length === 1 && names[0] === ctx.settings.config.defaultNetwork ? net.interfaces : [];
  return {
    ...basic(top),
    Bridge: "",
    SandboxID: "",
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    Ports: withExposed(portBindings(net.ports), net.mode.kind === "host" ? [] : net.exposed),
    SandboxKey: net.path,
    ...(names.length === 0 ? {} : { Networks: networks }),
  };
}

function netOf(
  ctx: ContainerViewContext,
  { record, pod, now }: Pick<Subject, "record" | "pod" | "now">,
): Net {
  const { config, state } = record;
  const { mode } = config.network;
  if (pod !== undefined && (mode.kind === "pod" || config.infra)) {
    const up = ctx.sandboxUp(pod);
    return {
      mode: pod.config.network,
      attachments: podAttachments(pod),
      ports: podPorts(pod),
      exposed: [],
      interfaces: up ? (pod.state.sandbox?.interfaces ?? []) : [],
      path: up ? ctx.netnsPath(pod.config.id) : "",
      aliases: withoutDoubles([pod.config.infraId.slice(0, 12), pod.config.hostname]),
    };
  }
  if (mode.kind === "container") return donorNet(ctx, mode.container);
  const up = now.pid > 0;
  return {
    mode: mode.kind === "pod" ? { kind: "none" } : mode,
    attachments: containerAttachments(record),
    ports: publishedPorts(record, pod, ctx.store.containers),
    exposed: config.network.exposed,
    interfaces: up ? (state.run?.interfaces ?? []) : [],
    path: up ? ownPath(ctx, config.id, mode.kind, now.pid) : "",
    aliases: withoutDoubles([config.id.slice(0, 12), config.network.hostname]),
  };
}

function ownPath(ctx: ContainerViewContext, id: string, kind: string, pid: number): string {
  if (kind === "host") return "";
  // As in Podman: a namespace without networks is known by its process.
  if (kind === "none") return `/proc/${pid}/ns/net`;
  const pinned = ctx.netnsPath(id);
  return pinned === "" ? `/proc/${pid}/ns/net` : pinned;
}

function donorNet(ctx: ContainerViewContext, nameOrId: string): Net {
  const mode = { kind: "none" } as const;
  const gone: Net = { mode, attachments: [], ports: [], exposed: [], interfaces: [], path: "", aliases: [] };
  try {
    const record = ctx.store.containers.find(nameOrId);
    // A donor that itself shares somebody's network cannot be chosen: the chain has one link.
    if (record.config.network.mode.kind === "container") return gone;
    const pod = record.config.podId === "" ? undefined : ctx.store.pods.get(record.config.podId);
    return netOf(ctx, { record, pod, now: statusNow(ctx, record, pod) });
  } catch (error) {
    if (isEngineError(error, "CONTAINER_NOT_FOUND", "CONTAINER_NAME_AMBIGUOUS")) return gone;
    throw error;
  }
}

function joined(ctx: ContainerViewContext, net: Net): Record<string, InspectJoinedNetwork> {
  if (net.mode.kind === "path" || net.mode.kind === "container") return {};
  if (net.mode.kind !== "bridge") return { [net.mode.kind]: joinedNetwork([], net.mode.kind, []) };
  const attachments = [...net.attachments].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(
    attachments.map((attachment) => {
      const interfaces = net.interfaces.filter((status) => status.network === attachment.name);
      const id = ctx.store.networks.get(attachment.name)?.id ?? attachment.name;
      return [attachment.name, joinedNetwork(interfaces, id, aliasesOf(attachment, net))];
    }),
  );
}

function aliasesOf(attachment: NetworkAttachment, net: Net): string[] {
  return withoutDoubles([...(attachment.aliases ?? []), ...net.aliases]);
}

function withoutDoubles(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => name !== "");
}

function joinedNetwork(
  interfaces: readonly InterfaceStatus[],
  id: string,
  aliases: string[],
): InspectJoinedNetwork {
  return {
    ...basic(interfaces),
    NetworkID: id,
    DriverOpts: null,
    IPAMConfig: null,
    Links: null,
    ...(aliases.length === 0 ? {} : { Aliases: aliases }),
  };
}

function basic(interfaces: readonly InterfaceStatus[]): InspectBasicNetwork {
  const addresses = interfaces.flatMap((status) =>
    status.addresses.map((address, i) => {
      const slash = address.lastIndexOf("/");
      return {
        Addr: slash === -1 ? address : address.slice(0, slash),
        PrefixLength: slash === -1 ? 0 : Number(address.slice(slash + 1)),
        gateway: status.gateways[i] ?? "",
      };
    }),
  );
  const [v4, ...more4] = addresses.filter((a) => !a.Addr.includes(":"));
  const [v6, ...more6] = addresses.filter((a) => a.Addr.includes(":"));
  const [mac = "", ...moreMacs] = interfaces.map((status) => status.mac);
  const secondary = (list: typeof more4) => list.map(({ Addr, PrefixLength }) => ({ Addr, PrefixLength }));
  return {
    EndpointID: "",
    Gateway: v4?.gateway ?? "",
    IPAddress: v4?.Addr ?? "",
    IPPrefixLen: v4?.PrefixLength ?? 0,
    ...(more4.length === 0 ? {} : { SecondaryIPAddresses: secondary(more4) }),
    IPv6Gateway: v6?.gateway ?? "",
    GlobalIPv6Address: v6?.Addr ?? "",
    GlobalIPv6PrefixLen: v6?.PrefixLength ?? 0,
    ...(more6.length === 0 ? {} : { SecondaryIPv6Addresses: secondary(more6) }),
    MacAddress: mac,
    ...(moreMacs.length === 0 ? {} : { AdditionalMACAddresses: moreMacs }),
  };
}
