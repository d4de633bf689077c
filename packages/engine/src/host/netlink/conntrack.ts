/**
 * Drops connection tracking entries: a flow that the kernel knows keeps its translation whatever becomes of the
 * port mapping. Linux 6.11 deletes by filter (0.3 ms); before, entries are listed and deleted one by one (a list
 * takes 12 ms even when it is short, since each of some 260,000 buckets is locked).
 */
import { formatIp, ipBytes, ipFromBytes, parseIp } from "../../base/ip.ts";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import type { FlowFilter } from "../../ports/links.ts";
import {
  attribute,
  type NetlinkSocket,
  NLM_F,
  nested,
  parseAttributes,
  u32Attribute,
  u8Attribute,
} from "../sys/netlink.ts";
import { AF } from "../sys/socket.ts";

/** NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, …_DELETE. */
const CT = { GET: 0x101, DELETE: 0x102 } as const;
const CTA = { TUPLE_ORIG: 1, TUPLE_REPLY: 2, ID: 12, ZONE: 18, FILTER: 25 } as const;
const TUPLE = { IP: 1, PROTO: 2 } as const;
const IP = { V4_SRC: 1, V4_DST: 2, V6_SRC: 3, V6_DST: 4 } as const;
const PROTO = { NUM: 1, DST_PORT: 3 } as const;
const FILTER = { ORIG_FLAGS: 1, REPLY_FLAGS: 2 } as const;
const FLAG = { IP_SRC: 1 << 0, PROTO_NUM: 1 << 3, PROTO_DST_PORT: 1 << 5 } as const;
const UDP = 17;
const PROTOCOLS: Readonly<Record<number, PortMapping["protocol"]>> = { 6: "tcp", 17: "udp", 132: "sctp" };
const BATCH = 64;
const UNSUPPORTED = ["EINVAL", "ENOENT", "EOPNOTSUPP", "EPROTONOSUPPORT"] as const;

export type { FlowFilter };

/** A filtered delete takes one port; from here on one list (12 ms) is quicker. */
const MANY_PORTS = 8;

/** `socket` is of the netfilter family. A kernel without connection tracking has nothing to flush. */
export function flushFlows(socket: NetlinkSocket, filter: FlowFilter): void {
  const single = "to" in filter ? [filter] : singlePorts(filter);
  const whole = !("to" in filter) || (filter.through === undefined && filter.notThrough === undefined);
  for (const family of familiesOf(filter)) {
    // A filter of the kernel's cannot spare what speaks to the address itself, without any published port.
    const deleted =
      whole && single.length <= MANY_PORTS && single.every((f) => deleteByFilter(socket, family, f));
    if (!deleted) deleteOneByOne(socket, family, filter);
  }
}

function singlePorts({
  udpPort,
  length,
}: {
  readonly udpPort: number;
  readonly length: number;
}): FlowFilter[] {
  const count = Math.min(length, MANY_PORTS + 1);
  return Array.from({ length: count }, (_, i) => ({ udpPort: udpPort + i, length: 1 }));
}

function familiesOf(filter: FlowFilter): number[] {
  const target = "to" in filter ? parseIp(filter.to) : undefined;
  if (target === undefined) return [AF.INET, AF.INET6];
  return [target.family === 4 ? AF.INET : AF.INET6];
}

/** False where the kernel takes the filter for the tuple of one entry, which it is not. */
export function deleteByFilter(socket: NetlinkSocket, family: number, filter: FlowFilter): boolean {
  const outcome = socket.request({
    what: "forget tracked connections",
    type: CT.DELETE,
    body: Buffer.concat([header(family), ...kernelFilter(filter)]),
    tolerate: [...UNSUPPORTED],
  });
  return outcome.error === undefined;
}

export function deleteOneByOne(socket: NetlinkSocket, family: number, filter: FlowFilter): void {
  const doomed = list(socket, family, filter).filter((entry) => matches(entry, filter));
  for (let i = 0; i < doomed.length; i += BATCH) {
    socket.transact(doomed.slice(i, i + BATCH).map((entry) => deletion(family, entry)));
  }
}

type Entry = Map<number, Buffer>;

/** Filtered by the kernel from Linux 5.8 on; before, it gives the whole table. */
function list(socket: NetlinkSocket, family: number, filter: FlowFilter): Entry[] {
  const outcome = socket.request({
    what: "list tracked connections",
    type: CT.GET,
    flags: NLM_F.DUMP,
    body: Buffer.concat([header(family), ...kernelFilter(filter)]),
    tolerate: [...UNSUPPORTED],
  });
  return outcome.replies.map((reply) => parseAttributes(reply.body, 4));
}

/** struct nfgenmsg. */
function header(family: number): Buffer {
  return Buffer.from([family, 0, 0, 0]);
}

function kernelFilter(filter: FlowFilter): Buffer[] {
  if ("to" in filter) {
    const address = parseIp(filter.to);
    if (address === undefined) return [];
    const source = attribute(address.family === 4 ? IP.V4_SRC : IP.V6_SRC, ipBytes(address));
    return [nested(CTA.TUPLE_REPLY, nested(TUPLE.IP, source)), flags(0, FLAG.IP_SRC)];
  }
  if (filter.length > 1) {
    return [
      nested(CTA.TUPLE_ORIG, nested(TUPLE.PROTO, u8Attribute(PROTO.NUM, UDP))),
      flags(FLAG.PROTO_NUM, 0),
    ];
  }
  const port = Buffer.alloc(2);
  port.writeUInt16BE(filter.udpPort);
  const protocol = nested(TUPLE.PROTO, u8Attribute(PROTO.NUM, UDP), attribute(PROTO.DST_PORT, port));
  return [nested(CTA.TUPLE_ORIG, protocol), flags(FLAG.PROTO_NUM | FLAG.PROTO_DST_PORT, 0)];
}

function flags(original: number, reply: number): Buffer {
  return nested(
    CTA.FILTER,
    u32Attribute(FILTER.ORIG_FLAGS, original),
    u32Attribute(FILTER.REPLY_FLAGS, reply),
  );
}

/** Checked here too: an older kernel does not filter. */
function matches(entry: Entry, filter: FlowFilter): boolean {
  const tuple = entry.get("to" in filter ? CTA.TUPLE_REPLY : CTA.TUPLE_ORIG);
  if (tuple === undefined) return false;
  const parts = parseAttributes(tuple);
  if ("to" in filter) {
    const addresses = parts.get(TUPLE.IP);
    const target = parseIp(filter.to);
    if (addresses === undefined || target === undefined) return false;
    const source = parseAttributes(addresses).get(target.family === 4 ? IP.V4_SRC : IP.V6_SRC);
    return source?.equals(ipBytes(target)) === true && cameThrough(entry, filter);
  }
  const protocol = parts.get(TUPLE.PROTO);
  if (protocol === undefined) return false;
  const fields = parseAttributes(protocol);
  const port = fields.get(PROTO.DST_PORT)?.readUInt16BE(0) ?? 0;
  return (
    fields.get(PROTO.NUM)?.readUInt8(0) === UDP &&
    port >= filter.udpPort &&
    port < filter.udpPort + filter.length
  );
}

function cameThrough(
  entry: Entry,
  { to, through, notThrough }: Extract<FlowFilter, { readonly to: string }>,
): boolean {
  if (through === undefined && notThrough === undefined) return true;
  const asked = originalTarget(entry);
  // Not translated: it does not come through a published port.
  if (asked === undefined || sameIp(asked.address, to)) return false;
  const covers = (port: PortMapping): boolean =>
    port.protocol === asked.protocol &&
    asked.port >= port.hostPort &&
    asked.port < port.hostPort + port.length &&
    (port.hostIp === "" || parseIp(port.hostIp)?.value === 0n || sameIp(port.hostIp, asked.address));
  return through?.some(covers) ?? notThrough?.some(covers) === false;
}

function sameIp(a: string, b: string): boolean {
  const [one, other] = [parseIp(a), parseIp(b)];
  return one !== undefined && one.family === other?.family && one.value === other.value;
}

/** Where the first packet was sent to. */
function originalTarget(entry: Entry) {
  const tuple = parseAttributes(entry.get(CTA.TUPLE_ORIG) ?? Buffer.alloc(0));
  const addresses = parseAttributes(tuple.get(TUPLE.IP) ?? Buffer.alloc(0));
  const fields = parseAttributes(tuple.get(TUPLE.PROTO) ?? Buffer.alloc(0));
  const bytes = addresses.get(IP.V4_DST) ?? addresses.get(IP.V6_DST);
  const protocol = PROTOCOLS[fields.get(PROTO.NUM)?.readUInt8(0) ?? 0];
  const port = fields.get(PROTO.DST_PORT)?.readUInt16BE(0);
  if (bytes === undefined || protocol === undefined || port === undefined) return undefined;
  return { address: formatIp(ipFromBytes(bytes)), protocol, port };
}

/** With the entry's id, so that a new flow of the same addresses and ports is spared. */
function deletion(family: number, entry: Entry) {
  const parts = [CTA.TUPLE_ORIG, CTA.ID, CTA.ZONE].flatMap((type) => {
    const value = entry.get(type);
    if (value === undefined) return [];
    return [type === CTA.TUPLE_ORIG ? nested(type, value) : attribute(type, value)];
  });
  return {
    what: "forget a tracked connection",
    type: CT.DELETE,
    body: Buffer.concat([header(family), ...parts]),
    tolerate: ["ENOENT"],
  };
}
