/** Gives a sandbox its networks: addresses, links, published ports; all or nothing. */
import type { InterfaceStatus, PortMapping } from "@podwright/spec/engine-api/common";
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { CleanupStack } from "../base/cleanup.ts";
import type { AttachedNetwork, AttachRequest } from "../ports/sandbox-network.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import { mtuOf, raiseNetwork } from "./bridge.ts";
import type { NetworkContext } from "./context.ts";
import { findNetwork } from "./default-network.ts";
import { resolveHostPorts } from "./host-ports.ts";
import { leaseAddresses } from "./leases.ts";
import { explainPortInUse } from "./port-owner.ts";

interface Joined {
  readonly network: NetworkConfig;
  readonly status: InterfaceStatus;
}

/** Tries for a random host port that a sandbox without running members may hold in the firewall only. */
const ATTEMPTS = 8;

/** @throws NETWORK_NOT_FOUND, NETWORK_ADDRESS_IN_USE, PORT_IN_USE, NETWORK_SETUP_FAILED */
export async function attachSandbox(ctx: NetworkContext, request: AttachRequest): Promise<AttachedNetwork> {
  const networks = await joinedNetworks(ctx, request);
  await using undo = new CleanupStack();
  undo.defer(() => ctx.store.networks.release(request.owner));
  const joined = networks.map((network, i): Joined => {
    const attachment = request.attachments[i] ?? { name: network.name };
    const interfaceName = attachment.interfaceName ?? `eth${i}`;
    return {
      network,
      status: leaseAddresses(ctx, { owner: request.owner, network, attachment, interfaceName }),
    };
  });
  const ports = await publish(ctx, request, { joined, undo });
  await connect(ctx, request, { joined, undo });
  await forgetUdpFlows(ctx, ports);
  undo.keep();
  return { interfaces: joined.map(({ status }) => status), ports };
}

async function joinedNetworks(ctx: NetworkContext, request: AttachRequest): Promise<NetworkConfig[]> {
  const attachments = request.attachments.length === 0 ? [{ name: "" }] : request.attachments;
  const networks: NetworkConfig[] = [];
  for (const { name } of attachments) {
    const network = await raiseNetwork(ctx, await findNetwork(ctx, name));
    if (networks.some((other) => other.id === network.id)) {
      throw new EngineError("NETWORK_INVALID", `network ${network.name} is given twice`);
    }
    networks.push(network);
  }
  return networks;
}

interface Progress {
  readonly joined: readonly Joined[];
  readonly undo: CleanupStack;
}

/** Before any link is made, so that a taken port costs nothing. */
async function publish(
  ctx: NetworkContext,
  request: AttachRequest,
  { joined, undo }: Progress,
): Promise<readonly PortMapping[]> {
  if (request.ports.length === 0) return [];
  const { firewall, hostPorts } = await ctx.host();
  const addresses = targetsOf(joined);
  if (addresses.length === 0) {
    throw new EngineError(
      "PORT_INVALID",
      `cannot publish ports of ${request.ownerName}: all of its networks are internal`,
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

/** Traffic comes in by networks that lead out. */
function targetsOf(joined: readonly Joined[]): string[] {
  return joined.filter(({ network }) => !network.internal).flatMap(({ status }) => bareAddresses([status]));
}

async function connect(
  ctx: NetworkContext,
  request: AttachRequest,
  { joined, undo }: Progress,
): Promise<void> {
  const { links } = await ctx.host();
  const routed = new Set<4 | 6>();
  for (const { network, status } of joined) {
    const hostName = hostEndName(ctx);
    // The first network of a family that leads out has the default route.
    const gateways = status.gateways.filter((gateway) => {
      const family = gateway.includes(":") ? 6 : 4;
      if (gateway === "" || routed.has(family)) return false;
      routed.add(family);
      return true;
    });
    const mtu = mtuOf(network);
    links.addPair({
      hostName,
      bridge: network.interfaceName,
      netnsPath: request.netnsPath,
      containerName: status.interfaceName,
      mac: status.mac,
      addresses: status.addresses,
      gateways,
      ...(mtu === undefined ? {} : { mtu }),
    });
    undo.defer(() => links.removeLink(hostName));
  }
}

/**
 * At most 15 characters: store and a number that is not used again, since the kernel takes a removed link's name
 * off with a delay.
 */
function hostEndName(ctx: NetworkContext): string {
  const serial = ctx.store.networks.nextSerial("link") % 36 ** 5;
  return `pw${ctx.settings.storeId}${serial.toString(36)}`;
}

/** A client that kept sending before the port was published would go on reaching whatever answered then. */
async function forgetUdpFlows(ctx: NetworkContext, ports: readonly PortMapping[]): Promise<void> {
  const { links } = await ctx.host();
  for (const port of ports) {
    if (port.protocol === "udp") links.flushFlows({ udpPort: port.hostPort, length: port.length });
  }
}
