/** Brings `lo` of the thread's present network namespace up. */
import { NETLINK, NetlinkSocket } from "../sys/netlink.ts";

const RTM_NEWLINK = 16;
const IFF_UP = 1;
const LOOPBACK_INDEX = 1;

export function setLoopbackUp(): void {
  using socket = new NetlinkSocket(NETLINK.ROUTE);
  const body = Buffer.alloc(16);
  body.writeInt32LE(LOOPBACK_INDEX, 4);
  body.writeUInt32LE(IFF_UP, 8);
  body.writeUInt32LE(IFF_UP, 12);
  socket.request({ what: "bring lo up", type: RTM_NEWLINK, body });
}
