/** Links that share one of the host's: macvlan has MAC addresses of its own, ipvlan its parent's. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { StackedRequest } from "../../ports/links.ts";
import {
  attribute,
  NLM_F,
  type NetlinkRequest,
  nested,
  textAttribute,
  u32Attribute,
} from "../sys/netlink.ts";
import { IFLA, INFO, linkHeader, macBytes, RTM } from "./rtnetlink.ts";

/** linux/if_link.h: IFLA_MACVLAN_MODE and IFLA_IPVLAN_MODE have the same number. */
const MODE = 1;
const MACVLAN_MODES: Readonly<Record<string, number>> = { private: 1, vepa: 2, bridge: 4, passthru: 8 };
const IPVLAN_MODES: Readonly<Record<string, number>> = { l2: 0, l3: 1, l3s: 2 };

/** Made right in the sandbox's namespace, with its name. */
export function createStacked(request: StackedRequest, parentIndex: number, netns: number): NetlinkRequest {
  const { kind, containerName, parent } = request;
  const own = kind === "macvlan" ? [attribute(IFLA.ADDRESS, macBytes(request.mac))] : [];
  const mtu = request.mtu === undefined ? [] : [u32Attribute(IFLA.MTU, request.mtu)];
  return {
    what: `create ${kind} link ${containerName} on ${parent}`,
    type: RTM.NEWLINK,
    flags: NLM_F.CREATE | NLM_F.EXCL,
    body: Buffer.concat([
      linkHeader(),
      textAttribute(IFLA.IFNAME, containerName),
      u32Attribute(IFLA.LINK, parentIndex),
      u32Attribute(IFLA.NET_NS_FD, netns),
      ...own,
      ...mtu,
      nested(IFLA.LINKINFO, textAttribute(INFO.KIND, kind), nested(INFO.DATA, modeAttribute(request))),
    ]),
  };
}

function modeAttribute({ kind, mode }: StackedRequest): Buffer {
  const modes = kind === "macvlan" ? MACVLAN_MODES : IPVLAN_MODES;
  const number = mode === "" ? modes[kind === "macvlan" ? "bridge" : "l2"] : modes[mode];
  if (number === undefined) throw new EngineError("NETWORK_INVALID", `unknown ${kind} mode "${mode}"`);
  if (kind === "macvlan") return u32Attribute(MODE, number);
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(number);
  return attribute(MODE, bytes);
}
