/** What the host's own network looks like: routes and addresses, by rtnetlink dumps. */
import { formatIp, ipFromBytes } from "../../base/ip.ts";
import type { HostRoute } from "../../ports/links.ts";
import { NETLINK, NetlinkSocket, type NetlinkReply, NLM_F, parseAttributes } from "../sys/netlink.ts";
import { AF } from "../sys/socket.ts";
import { linkHeader, readLink, RTM } from "./rtnetlink.ts";

const RTA = { DST: 1, OIF: 4, GATEWAY: 5, MULTIPATH: 9, TABLE: 15, VIA: 18 } as const;
const IFA = { ADDRESS: 1, LOCAL: 2 } as const;
const TABLE_MAIN = 254;
const TYPE_UNICAST = 1;
const SCOPE_UNIVERSE = 0;

export function readRoutes(): HostRoute[] {
  using socket = new NetlinkSocket(NETLINK.ROUTE);
  const names = linkNames(socket);
  return dump(socket, RTM.GETROUTE, 12).flatMap(({ body }) => {
    const attributes = parseAttributes(body, 12);
    const table = attributes.get(RTA.TABLE)?.readUInt32LE(0) ?? body.readUInt8(4);
    if (table !== TABLE_MAIN || body.readUInt8(7) !== TYPE_UNICAST) return [];
    const family = body.readUInt8(0);
    const destination = attributes.get(RTA.DST) ?? Buffer.alloc(family === AF.INET ? 4 : 16);
    const link = attributes.get(RTA.OIF)?.readUInt32LE(0) ?? 0;
    return [
      {
        destination: `${formatIp(ipFromBytes(destination))}/${body.readUInt8(1)}`,
        interfaceName: names.get(link) ?? "",
        direct: !attributes.has(RTA.GATEWAY) && !attributes.has(RTA.VIA) && !attributes.has(RTA.MULTIPATH),
      },
    ];
  });
}

/** Global addresses that are not loopback. */
export function readAddresses(): { address: string; interfaceName: string }[] {
  using socket = new NetlinkSocket(NETLINK.ROUTE);
  const names = linkNames(socket);
  return dump(socket, RTM.GETADDR, 8)
    .filter(({ body }) => body.readUInt8(3) === SCOPE_UNIVERSE)
    .flatMap(({ body }) => {
      const attributes = parseAttributes(body, 8);
      const bytes = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
      const interfaceName = names.get(body.readUInt32LE(4)) ?? "";
      if (bytes === undefined || interfaceName === "lo") return [];
      return [{ address: formatIp(ipFromBytes(bytes)), interfaceName }];
    });
}

function linkNames(socket: NetlinkSocket): Map<number, string> {
  const { replies } = socket.request({
    what: "list links",
    type: RTM.GETLINK,
    flags: NLM_F.DUMP,
    body: linkHeader(),
  });
  return new Map(replies.map(({ body }) => readLink(body)).map((link) => [link.index, link.name]));
}

/** IPv4 first. `size` is that of the family's header, whose first byte is the address family. */
function dump(socket: NetlinkSocket, type: number, size: number): NetlinkReply[] {
  return [AF.INET, AF.INET6].flatMap((family) => {
    const body = Buffer.alloc(size);
    body.writeUInt8(family);
    return socket.request({ what: "list routes or addresses", type, flags: NLM_F.DUMP, body }).replies;
  });
}
