/** Hands out addresses: static ones as asked, others in turn. */
import type { InterfaceStatus, NetworkAttachment } from "@podwright/spec/engine-api/common";
import type { NetworkConfig, SubnetConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { formatIp, parseIp } from "../base/ip.ts";
import type { NetworkContext } from "./context.ts";
import { containsAddress, leaseCandidates, withPrefix } from "./subnets.ts";

export interface LeaseRequest {
  readonly owner: string;
  readonly network: NetworkConfig;
  readonly attachment: NetworkAttachment;
  readonly interfaceName: string;
}

/** One address of each of the network's subnets. @throws NETWORK_ADDRESS_IN_USE, NETWORK_ADDRESSES_EXHAUSTED, NETWORK_INVALID */
export function leaseAddresses(ctx: NetworkContext, request: LeaseRequest): InterfaceStatus {
  const { network, attachment } = request;
  const wanted = [attachment.ip, attachment.ip6].flatMap((text) => (text === undefined ? [] : [text]));
  for (const text of wanted) requireInside(network, text);
  if (network.driver === "ipvlan" && attachment.mac !== undefined) {
    throw new EngineError(
      "NETWORK_INVALID",
      `cannot set a MAC address on network ${network.name}: an ipvlan link has its parent's`,
      { exit: 126 },
    );
  }
  const subnets = network.ipamDriver === "none" ? [] : network.subnets;
  const addresses = subnets.map((subnet) => leaseOne(ctx, request, subnet));
  return {
    network: network.name,
    interfaceName: request.interfaceName,
    mac: attachment.mac ?? macOf(ctx, network, addresses.length === 0 ? [request.owner] : addresses),
    addresses: addresses.map((address, i) => {
      const subnet = subnets[i];
      return subnet === undefined ? address : withPrefix(address, subnet);
    }),
    gateways: subnets.map((subnet) => (network.internal ? "" : (subnet.gateway ?? ""))),
  };
}

function leaseOne(ctx: NetworkContext, request: LeaseRequest, subnet: SubnetConfig): string {
  const { network, attachment, owner, interfaceName } = request;
  const { networks } = ctx.store;
  const lease = { network: network.name, owner, mac: attachment.mac ?? "", interfaceName };
  const wanted = [attachment.ip, attachment.ip6].find((text) => text !== undefined && isInside(subnet, text));
  if (wanted !== undefined) {
    const address = canonical(wanted);
    if (address === subnet.gateway || networks.lease(lease, [address]) === undefined) {
      throw addressInUse(ctx, network, address);
    }
    return address;
  }
  // One transaction: each that is written waits for those of other commands.
  const address = ctx.store.transaction(() => {
    const turn = networks.nextSerial(`lease ${network.name}`) - 1;
    return networks.lease(lease, leaseCandidates(subnet, turn));
  });
  if (address !== undefined) return address;
  throw new EngineError(
    "NETWORK_ADDRESSES_EXHAUSTED",
    `IPAM error: failed to find free IP in subnet ${subnet.subnet} of network ${network.name}`,
  );
}

function requireInside(network: NetworkConfig, text: string): void {
  if (network.ipamDriver !== "none" && network.subnets.some((subnet) => isInside(subnet, text))) return;
  throw new EngineError(
    "NETWORK_INVALID",
    `requested static ip ${text} not in any subnet on network ${network.name}`,
    { exit: 126 },
  );
}

function isInside(subnet: SubnetConfig, text: string): boolean {
  const address = parseIp(text);
  return address !== undefined && containsAddress(subnet, address);
}

function addressInUse(ctx: NetworkContext, network: NetworkConfig, address: string): EngineError {
  const lease = ctx.store.networks.leases({ network: network.name }).find((l) => l.address === address);
  const who = lease === undefined ? "the gateway" : `container ID ${lease.owner}`;
  return new EngineError(
    "NETWORK_ADDRESS_IN_USE",
    `IPAM error: requested ip address ${address} is already allocated to ${who}`,
  );
}

function canonical(text: string): string {
  const address = parseIp(text);
  return address === undefined ? text : formatIp(address);
}

/** The same for the same address, so that what neighbours remember of it stays true; locally administered. */
function macOf(ctx: NetworkContext, network: NetworkConfig, addresses: readonly string[]): string {
  const seed = [ctx.settings.storeId, network.id, ...addresses].join(" ");
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(Bun.hash(seed));
  bytes.writeUInt8((bytes.readUInt8(0) & 0xfe) | 0x02, 0);
  return [...bytes.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
