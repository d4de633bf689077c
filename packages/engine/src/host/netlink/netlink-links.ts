/** The Links port by raw rtnetlink: no program is spawned, a sandbox's network takes about two milliseconds. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, openSync } from "node:fs";
import type { BridgeRequest, HostRoute, Links, PairRequest, StackedRequest } from "../../ports/links.ts";
import {
  attribute,
  NETLINK,
  NetlinkSocket,
  NLM_F,
  type NetlinkRequest,
  nested,
  textAttribute,
  u32Attribute,
  u8Attribute,
} from "../sys/netlink.ts";
import { type FlowFilter, flushFlows } from "./conntrack.ts";
import { readAddresses, readRoutes } from "./host-network.ts";
import { configureInside, removeInside, writeSysctl } from "./inside.ts";
import { addAddress, findLink, IFLA, INFO, linkHeader, macBytes, requireLink, RTM } from "./rtnetlink.ts";
import { createStacked } from "./stacked.ts";

const VETH_INFO_PEER = 1;
const IFLA_BRPORT_MODE = 4;

export class NetlinkLinks implements Links {
  /** Kept: closing one of this family waits for nft elements that were deleted before (5-15 ms). */
  #netfilter: NetlinkSocket | undefined;

  ensureBridge(request: BridgeRequest): void {
    using socket = new NetlinkSocket(NETLINK.ROUTE);
    const found = findLink(socket, request.name);
    if (found === undefined) createBridge(socket, request);
    const bridge = found ?? requireLink(socket, request.name);
    if (bridge.kind !== "bridge") {
      throw new EngineError("NETWORK_SETUP_FAILED", `link ${request.name} is there and is no bridge`);
    }
    const requests = request.addresses.map((address) => addAddress(bridge.index, address));
    const ready = bridge.up && bridge.alias === request.alias;
    if (!ready) {
      setBridgeSysctls(request);
      // The alias comes last: who sees it sees a finished bridge.
      requests.push(raiseWithAlias(bridge.index, request));
    }
    socket.transact(requests);
  }

  addPair(request: PairRequest): void {
    using socket = new NetlinkSocket(NETLINK.ROUTE);
    const bridge = requireLink(socket, request.bridge);
    const netns = openSync(request.netnsPath, "r");
    try {
      socket.transact([createPair(request, bridge.index, netns), setHairpin(request.hostName)]);
    } finally {
      closeSync(netns);
    }
    try {
      configureInside(request);
    } catch (error) {
      this.removeLink(request.hostName);
      throw error;
    }
  }

  addStacked(request: StackedRequest): { readonly mac: string } {
    using socket = new NetlinkSocket(NETLINK.ROUTE);
    const parent = requireLink(socket, request.parent);
    const netns = openSync(request.netnsPath, "r");
    try {
      socket.transact([createStacked(request, parent.index, netns)]);
    } finally {
      closeSync(netns);
    }
    try {
      return configureInside(request);
    } catch (error) {
      removeInside(request.netnsPath, request.containerName);
      throw error;
    }
  }

  removeInside(netnsPath: string, name: string): void {
    removeInside(netnsPath, name);
  }

  removeLink(name: string): void {
    using socket = new NetlinkSocket(NETLINK.ROUTE);
    socket.request({
      what: `remove link ${name}`,
      type: RTM.DELLINK,
      body: Buffer.concat([linkHeader(), textAttribute(IFLA.IFNAME, name)]),
      tolerate: ["ENODEV"],
    });
  }

  hasLink(name: string): boolean {
    return this.aliasOf(name) !== undefined;
  }

  aliasOf(name: string): string | undefined {
    using socket = new NetlinkSocket(NETLINK.ROUTE);
    return findLink(socket, name)?.alias;
  }

  routes(): readonly HostRoute[] {
    return readRoutes();
  }

  hostAddresses(): readonly { readonly address: string; readonly interfaceName: string }[] {
    return readAddresses();
  }

  flushFlows(filter: FlowFilter): void {
    this.#netfilter ??= new NetlinkSocket(NETLINK.NETFILTER);
    flushFlows(this.#netfilter, filter);
  }
}

function createBridge(socket: NetlinkSocket, request: BridgeRequest): void {
  const parts = [
    linkHeader(),
    textAttribute(IFLA.IFNAME, request.name),
    nested(IFLA.LINKINFO, textAttribute(INFO.KIND, "bridge")),
  ];
  if (request.mtu !== undefined) parts.push(u32Attribute(IFLA.MTU, request.mtu));
  socket.request({
    what: `create bridge ${request.name}`,
    type: RTM.NEWLINK,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    body: Buffer.concat(parts),
    tolerate: ["EEXIST"],
  });
}

function raiseWithAlias(index: number, request: BridgeRequest): NetlinkRequest {
  // Given an address of its own, the bridge does not take over that of its lowest port and confuse neighbours.
  const mac = Uint8Array.from([
    0x02,
    ...Buffer.from(
      Bun.hash(request.name + request.alias)
        .toString(16)
        .padStart(16, "0"),
      "hex",
    ).subarray(0, 5),
  ]);
  return {
    what: `bring bridge ${request.name} up`,
    type: RTM.NEWLINK,
    body: Buffer.concat([
      linkHeader({ index, up: true }),
      attribute(IFLA.ADDRESS, mac),
      textAttribute(IFLA.IFALIAS, request.alias),
    ]),
  };
}

function setBridgeSysctls(request: BridgeRequest): void {
  // Packets from 127.0.0.1 to a published port leave by the bridge; on no other link may they.
  writeSysctl(`ipv4/conf/${request.name}/route_localnet`, "1");
  if (!request.addresses.some((address) => address.includes(":"))) return;
  writeSysctl(`ipv6/conf/${request.name}/disable_ipv6`, "0");
  writeSysctl(`ipv6/conf/${request.name}/accept_ra`, "0");
  writeSysctl(`ipv6/conf/${request.name}/accept_dad`, "0");
}

/** The peer is made right in the sandbox's namespace, with its name and MAC. */
function createPair(request: PairRequest, bridgeIndex: number, netns: number): NetlinkRequest {
  const mtu = request.mtu === undefined ? [] : [u32Attribute(IFLA.MTU, request.mtu)];
  const peer = Buffer.concat([
    linkHeader(),
    textAttribute(IFLA.IFNAME, request.containerName),
    attribute(IFLA.ADDRESS, macBytes(request.mac)),
    u32Attribute(IFLA.NET_NS_FD, netns),
    ...mtu,
  ]);
  return {
    what: `create link ${request.hostName} with ${request.containerName} in the sandbox`,
    type: RTM.NEWLINK,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    body: Buffer.concat([
      linkHeader({ up: true }),
      textAttribute(IFLA.IFNAME, request.hostName),
      u32Attribute(IFLA.MASTER, bridgeIndex),
      ...mtu,
      nested(
        IFLA.LINKINFO,
        textAttribute(INFO.KIND, "veth"),
        nested(INFO.DATA, attribute(VETH_INFO_PEER, peer)),
      ),
    ]),
  };
}

/** With br_netfilter, DNAT happens at the port: a sandbox reaches its own published port only by hairpin. */
function setHairpin(hostName: string): NetlinkRequest {
  return {
    what: `set hairpin mode of ${hostName}`,
    type: RTM.NEWLINK,
    body: Buffer.concat([
      linkHeader(),
      textAttribute(IFLA.IFNAME, hostName),
      nested(
        IFLA.LINKINFO,
        textAttribute(INFO.SLAVE_KIND, "bridge"),
        nested(INFO.SLAVE_DATA, u8Attribute(IFLA_BRPORT_MODE, 1)),
      ),
    ]),
  };
}
