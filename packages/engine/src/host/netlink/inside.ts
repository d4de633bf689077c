/** What is done to a link within a sandbox's network namespace: addresses, routes, removal. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readFileSync, writeFileSync } from "node:fs";
import { type IpAddress, parseIp } from "../../base/ip.ts";
import type { InsideRequest } from "../../ports/links.ts";
import { isErrno } from "../sys/libc.ts";
import { NETLINK, NetlinkSocket, textAttribute } from "../sys/netlink.ts";
import { inNetworkNamespace } from "../sys/thread-namespaces.ts";
import { addAddress, addRoute, IFLA, linkHeader, requireLink, RTM } from "./rtnetlink.ts";

/** The socket opened inside stays bound to the namespace, so that the thread is there for a moment only. */
export function configureInside(request: InsideRequest): { readonly mac: string } {
  const { containerName, metric } = request;
  const wantsV6 = request.addresses.some((address) => address.includes(":"));
  using socket = inNetworkNamespace(request.netnsPath, () => {
    // Announces the address: bridge and neighbours may remember the one who had it before.
    writeSysctl(`ipv4/conf/${containerName}/arp_notify`, "1");
    writeSysctl(`ipv6/conf/${containerName}/accept_ra`, "0");
    if (wantsV6) writeSysctl(`ipv6/conf/${containerName}/disable_ipv6`, "0");
    return new NetlinkSocket(NETLINK.ROUTE);
  });
  const { index, mac } = requireLink(socket, containerName);
  socket.transact([
    ...request.addresses.map((address) => addAddress(index, address)),
    { what: `bring ${containerName} up`, type: RTM.NEWLINK, body: linkHeader({ index, up: true }) },
    ...request.gateways.map((gateway) => addRoute(index, { gateway: requireIp(gateway), metric })),
    ...request.routes.map((route) => addRoute(index, { ...route, gateway: requireIp(route.gateway) })),
  ]);
  return { mac };
}

/** The other end of a pair goes with it. */
export function removeInside(netnsPath: string, name: string): void {
  try {
    using socket = inNetworkNamespace(netnsPath, () => new NetlinkSocket(NETLINK.ROUTE));
    socket.request({
      what: `remove link ${name}`,
      type: RTM.DELLINK,
      body: Buffer.concat([linkHeader(), textAttribute(IFLA.IFNAME, name)]),
      tolerate: ["ENODEV"],
    });
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

function requireIp(text: string): IpAddress {
  const ip = parseIp(text);
  if (ip !== undefined) return ip;
  throw new EngineError("NETWORK_INVALID", `invalid gateway "${text}"`);
}

/** Below /proc/sys/net. One that this kernel lacks (IPv6 switched off) is left. */
export function writeSysctl(name: string, value: string): void {
  const path = `/proc/sys/net/${name}`;
  try {
    // A read first: /proc/sys may be read-only and the value right already.
    if (readFileSync(path, "utf8").trim() !== value) writeFileSync(path, value);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return;
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new EngineError("NETWORK_SETUP_FAILED", `cannot write ${value} to ${path}: ${reason}`, { cause });
  }
}
