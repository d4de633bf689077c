/** Gives a sandbox its networks: addresses, links, published ports, names; all or nothing. */
import type { InterfaceStatus, NetworkAttachment, PortMapping } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { CleanupStack, throwCollected } from "../base/cleanup.ts";
import type { AttachedNetwork, AttachRequest, ReservedNetwork } from "../ports/sandbox-network.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import { type SettledNetwork, settleNetwork } from "./bridge.ts";
import type { NetworkContext } from "./context.ts";
import { findNetwork } from "./default-network.ts";
import { resolveHostPorts } from "./host-ports.ts";
import { interfaceNames } from "./interface-names.ts";
import { leaseAddresses } from "./leases.ts";
import { makeLink } from "./link.ts";
import { announceNames, nameServersOf, withdrawNames } from "./names.ts";
import { nameRequest } from "./owners.ts";
import { explainPortInUse } from "./port-owner.ts";

export interface Joined {
  readonly network: NetworkConfig;
  readonly attachment: NetworkAttachment;
  readonly status: InterfaceStatus;
}

/** Tries for a random host port that a sandbox without running members may hold in the firewall only. */
const ATTEMPTS = 8;

/** @throws NETWORK_NOT_FOUND, NETWORK_ADDRESS_IN_USE, PORT_IN_USE, NETWORK_SETUP_FAILED */
export async function attachSandbox(ctx: NetworkContext, request: AttachRequest): Promise<AttachedNetwork> {
  return await (await reserveNetwork(ctx, request)).join();
}

/** The part of it that tells addresses and ports; links and names come with `join`. */
export async function reserveNetwork(ctx: NetworkContext, request: AttachRequest): Promise<ReservedNetwork> {
  const { pasta } = request;
  if (pasta !== undefined) return (await import("./pasta.ts")).reservePasta(ctx, { ...request, pasta });
  const { raise, lower } = await ctx.host();
  const orLower = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await lower(() => isAnyUsed(ctx));
      throw error;
    }
  };
  const reserved = await orLower(async () => {
    // Until the leases are there, by which others see that it is used.
    using _raised = await raise();
    return await reserve(ctx, request);
  });
  return { ...reserved, join: () => orLower(reserved.join) };
}

async function reserve(ctx: NetworkContext, request: AttachRequest): Promise<ReservedNetwork> {
  const settled = await settleNetworks(ctx, request.attachments);
  const completeAll = async (): Promise<void> => {
    for (const { complete } of settled) await complete();
  };
  // A published port is an element of the table that is to be there.
  const published = request.ports.length > 0;
  if (published) await completeAll();
  await using undo = new CleanupStack();
  undo.defer(() => ctx.store.networks.release(request.owner));
  const names = interfaceNames(request.attachments);
  const joined = settled.map(
    ({ network }, i): Joined =>
      leased(ctx, request.owner, { network, request: request.attachments[i], name: names[i] }),
  );
  const ports = await publish(ctx, request, { joined, undo });
  const later = undo.move();
  return {
    interfaces: joined.map(({ status }) => status),
    ports,
    join: async () => {
      await using undoAll = later;
      if (!published) await completeAll();
      const interfaces = await linkAndName(ctx, request, { joined, undo: undoAll, position: 0 });
      await forgetUdpFlows(ctx, ports);
      undoAll.keep();
      return { interfaces, ports };
    },
  };
}

/** Whether some sandbox is on a network. */
export function isAnyUsed(ctx: NetworkContext): boolean {
  return ctx.store.networks.leases({}).length > 0;
}

/** An address for each of the network's subnets. */
export function leased(
  ctx: NetworkContext,
  owner: string,
  wish: {
    readonly network: NetworkConfig;
    readonly request: NetworkAttachment | undefined;
    readonly name: string | undefined;
  },
): Joined {
  const { network, name: interfaceName = "eth0" } = wish;
  const attachment = wish.request ?? { name: network.name };
  return { network, attachment, status: leaseAddresses(ctx, { owner, network, attachment, interfaceName }) };
}

async function settleNetworks(
  ctx: NetworkContext,
  attachments: readonly NetworkAttachment[],
): Promise<SettledNetwork[]> {
  const networks: SettledNetwork[] = [];
  for (const { name } of attachments) {
    const settled = await settleNetwork(ctx, await findNetwork(ctx, name));
    if (networks.some(({ network }) => network.id === settled.network.id)) {
      throw new EngineError("NETWORK_INVALID", `network ${settled.network.name} is given twice`);
    }
    networks.push(settled);
  }
  return networks;
}

export interface Progress {
  readonly joined: readonly Joined[];
  readonly undo: CleanupStack;
}

/** Before any link is made, so that a taken port costs nothing. Host ports are resolved in what it gives. */
export async function publish(
  ctx: NetworkContext,
  request: Pick<AttachRequest, "ports" | "ownerName">,
  { joined, undo }: Progress,
): Promise<readonly PortMapping[]> {
  if (request.ports.length === 0 || joined.length === 0) return [];
  const { firewall, hostPorts } = await ctx.host();
  const addresses = targetsOf(joined);
  if (addresses.length === 0) {
    throw new EngineError(
      "PORT_INVALID",
      `cannot publish ports of ${request.ownerName}: none of its networks is a bridge that leads out`,
    );
  }
  const families = familiesOf(addresses);
  let wanted = request.ports;
  for (let attempt = 1; ; attempt++) {
    try {
      const ports = resolveHostPorts(hostPorts, wanted, families);
      await firewall.publish({ ports, addresses });
      undo.defer(() => firewall.unpublish({ ports, addresses }));
      return ports;
    } catch (error) {
      if (!isEngineError(error, "PORT_IN_USE")) throw error;
      const culprit = wanted.find((port) => covers(port, error));
      const again = culprit === undefined || culprit.chosen === true;
      if (!again || attempt === ATTEMPTS) throw explainPortInUse(ctx, error, hostPorts);
      wanted = wanted.map((port) => (port === culprit ? { ...port, hostPort: 0 } : port));
    }
  }
}

function covers(port: PortMapping, error: EngineError): boolean {
  const taken = Number(error.details["hostPort"]);
  return port.hostPort !== 0 && taken >= port.hostPort && taken < port.hostPort + port.length;
}

/** Traffic comes in by bridges that lead out. */
export function targetsOf(joined: readonly Pick<Joined, "network" | "status">[]): string[] {
  return joined
    .filter(({ network }) => network.driver === "bridge" && !network.internal)
    .flatMap(({ status }) => bareAddresses([status]));
}

/** Links are made while the name server reads its new text. `position` is that of the first link. */
export async function linkAndName(
  ctx: NetworkContext,
  request: Pick<AttachRequest, "owner" | "netnsPath">,
  { joined, undo, position }: Progress & { readonly position: number },
): Promise<InterfaceStatus[]> {
  const named = joined.filter(({ network }) => nameServersOf(network).length > 0);
  if (named.length > 0) {
    const networks = named.map(({ network }) => network);
    undo.defer(() => withdrawNames(ctx, request.owner, networks));
  }
  const wishes = named.map(({ network, status, attachment }) => ({
    network,
    status,
    aliases: attachment.aliases ?? [],
  }));
  const [naming, linking] = await Promise.allSettled([
    announceNames(ctx, wishes, () => nameRequest(ctx, request.owner)),
    linkAll(ctx, request.netnsPath, { joined, undo, position }),
  ]);
  // Both have ended: nothing is under way that would outlive the undoing.
  const failures = [naming, linking].flatMap((result) =>
    result.status === "rejected" ? [result.reason] : [],
  );
  throwCollected(failures);
  return linking.status === "fulfilled" ? linking.value : [];
}

async function linkAll(
  ctx: NetworkContext,
  netnsPath: string,
  { joined, undo, position }: Progress & { readonly position: number },
): Promise<InterfaceStatus[]> {
  const { links } = await ctx.host();
  return joined.map(({ network, status }, i) => {
    const { mac } = makeLink(ctx, links, { network, status, netnsPath, position: position + i });
    undo.defer(() => links.removeInside(netnsPath, status.interfaceName));
    return { ...status, mac };
  });
}

/** A client that kept sending before the port was published would go on reaching whatever answered then. */
export async function forgetUdpFlows(ctx: NetworkContext, ports: readonly PortMapping[]): Promise<void> {
  if (ports.every(({ protocol }) => protocol !== "udp")) return;
  const { links } = await ctx.host();
  for (const port of ports) {
    if (port.protocol === "udp") links.flushFlows({ udpPort: port.hostPort, length: port.length });
  }
}
