/** NetworksApi wired, and the network domain as pods and containers use it. */
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { NetworksApi } from "@podwright/spec/engine-api/networks";
import { NetlinkLinks } from "../host/netlink/netlink-links.ts";
import { NftFirewall } from "../host/nft/nft-firewall.ts";
import { BoundPorts } from "../host/port-sockets/bound-ports.ts";
import { attachSandbox } from "../network/attach.ts";
import type { NetworkContext } from "../network/context.ts";
import { detachSandbox } from "../network/detach.ts";
import { hostsText, resolvConfText } from "../network/hosts-and-dns.ts";
import { networksApi } from "../network/networks-api.ts";
import type { SandboxNetwork } from "../ports/sandbox-network.ts";
import { type Core, once } from "./core.ts";
import type { Wiring } from "./wiring.ts";
