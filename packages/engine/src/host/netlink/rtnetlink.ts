/** Headers and attributes of rtnetlink(7) messages that the adapters here share. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { formatIp, type IpAddress, ipBytes, ipFromBytes, parseCidr } from "../../base/ip.ts";
import {
  attribute,
  NLM_F,
  type NetlinkOutcome,
  type NetlinkRequest,
  type NetlinkSocket,
  parseAttributes,
  readText,
  textAttribute,
  u32Attribute,
} from "../sys/netlink.ts";
import { AF } from "../sys/socket.ts";

export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  NEWADDR: 20,
  GETADDR: 22,
  NEWROUTE: 24,
  GETROUTE: 26,
} as const;

export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  LINKINFO: 18,
  IFALIAS: 20,
  NET_NS_FD: 28,
} as const;
export const INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4, FLAGS: 8 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6 } as const;

export const IFF_UP = 1;
/** No waiting for duplicate address detection: we hand out the addresses. */
const IFA_F_NODAD = 2;
const ROUTE = { tableMain: 254, protocolStatic: 4, scopeUniverse: 0, typeUnicast: 1 } as const;

export interface LinkInfo {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly kind: string;
  readonly alias: string;
  /** "aa:bb:…", "" for a link without. */
  readonly mac: string;
}

export interface LinkHeader {
  readonly index?: number;
  readonly up?: boolean;
}

/** struct ifinfomsg. */
export function linkHeader(header: LinkHeader = {}): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(header.index ?? 0, 4);
  if (header.up === true) {
    bytes.writeUInt32LE(IFF_UP, 8);
    bytes.writeUInt32LE(IFF_UP, 12);
  }
  return bytes;
}

/** undefined when there is none of that name. */
export function findLink(socket: NetlinkSocket, name: string): LinkInfo | undefined {
  const outcome: NetlinkOutcome = socket.request({
    what: `look up link ${name}`,
    type: RTM.GETLINK,
    body: Buffer.concat([linkHeader(), textAttribute(IFLA.IFNAME, name)]),
    tolerate: ["ENODEV"],
  });
  const reply = outcome.replies[0];
  return reply === undefined ? undefined : readLink(reply.body);
}

/** @throws HOST_CALL_FAILED */
export function requireLink(socket: NetlinkSocket, name: string): LinkInfo {
  const link = findLink(socket, name);
  if (link !== undefined) return link;
  throw new EngineError("HOST_CALL_FAILED", `no link ${name}`, { details: { errno: "ENODEV" } });
}

export function readLink(body: Buffer): LinkInfo {
  const attributes = parseAttributes(body, 16);
  const info = attributes.get(IFLA.LINKINFO);
  const kind = info === undefined ? undefined : parseAttributes(info).get(INFO.KIND);
  const text = (value: Buffer | undefined): string => (value === undefined ? "" : readText(value));
  return {
    index: body.readInt32LE(4),
    up: (body.readUInt32LE(8) & IFF_UP) !== 0,
    name: text(attributes.get(IFLA.IFNAME)),
    kind: text(kind),
    alias: text(attributes.get(IFLA.IFALIAS)),
    mac: macText(attributes.get(IFLA.ADDRESS)),
  };
}

/** Adds "10.88.0.2/16" to a link; one that is there is no error. */
export function addAddress(index: number, cidr: string): NetlinkRequest {
  const { address, prefix } = requireCidr(cidr);
  const header = Buffer.alloc(8);
  header.writeUInt8(familyNumber(address), 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt32LE(index, 4);
  const parts = [header, attribute(IFA.LOCAL, ipBytes(address)), attribute(IFA.ADDRESS, ipBytes(address))];
  if (address.family === 6) parts.push(u32Attribute(IFA.FLAGS, IFA_F_NODAD));
  else if (prefix < 31) parts.push(attribute(IFA.BROADCAST, ipBytes(broadcast(address, prefix))));
  return {
    what: `add address ${cidr}`,
    type: RTM.NEWADDR,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    body: Buffer.concat(parts),
    tolerate: ["EEXIST"],
  };
}

/** One that is there is no error. `destination` is a CIDR, or undefined for everywhere. */
export function addRoute(index: number, route: RouteRequest): NetlinkRequest {
  const { gateway, metric } = route;
  const to = route.destination === undefined ? undefined : requireCidr(route.destination);
  const header = Buffer.alloc(12);
  header.writeUInt8(familyNumber(gateway), 0);
  header.writeUInt8(to?.prefix ?? 0, 1);
  header.writeUInt8(ROUTE.tableMain, 4);
  header.writeUInt8(ROUTE.protocolStatic, 5);
  header.writeUInt8(ROUTE.scopeUniverse, 6);
  header.writeUInt8(ROUTE.typeUnicast, 7);
  return {
    what: `add route to ${route.destination ?? "everywhere"} by ${formatIp(gateway)}`,
    type: RTM.NEWROUTE,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    body: Buffer.concat([
      header,
      ...(to === undefined ? [] : [attribute(RTA.DST, ipBytes(to.address))]),
      attribute(RTA.GATEWAY, ipBytes(gateway)),
      u32Attribute(RTA.OIF, index),
      u32Attribute(RTA.PRIORITY, metric),
    ]),
    tolerate: ["EEXIST"],
  };
}

export interface RouteRequest {
  readonly destination?: string;
  readonly gateway: IpAddress;
  readonly metric: number;
}

export function familyNumber(address: IpAddress): number {
  return address.family === 4 ? AF.INET : AF.INET6;
}

export function macBytes(mac: string): Uint8Array {
  const bytes = Uint8Array.from(mac.split(":"), (part) => Number.parseInt(part, 16));
  if (bytes.length === 6) return bytes;
  throw new EngineError("NETWORK_INVALID", `invalid MAC address "${mac}"`);
}

function macText(bytes: Buffer | undefined): string {
  return bytes === undefined ? "" : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function broadcast(address: IpAddress, prefix: number): IpAddress {
  const host = (1n << BigInt(32 - prefix)) - 1n;
  return ipFromBytes(ipBytes({ family: 4, value: address.value | host }));
}

function requireCidr(text: string): { readonly address: IpAddress; readonly prefix: number } {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr;
  throw new EngineError("NETWORK_INVALID", `invalid address "${text}": expected one with prefix length`);
}
