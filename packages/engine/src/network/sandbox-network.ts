/** The SandboxNetwork port: what pods and containers need of this domain. */
import type { DnsOptions, InterfaceStatus } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readFileSync } from "node:fs";
import { readIfThere } from "../base/if-there.ts";
import type {
  AttachedNetwork,
  AttachRequest,
  HoldRequest,
  HostsRequest,
  PublishingSandbox,
  SandboxNetwork,
} from "../ports/sandbox-network.ts";
import { bareAddresses } from "./addresses.ts";
import { attachSandbox, reserveNetwork } from "./attach.ts";
import type { NetworkContext } from "./context.ts";
import { detachSandbox } from "./detach.ts";
import { PortHolds } from "./held-ports.ts";
import { choosePorts } from "./host-ports.ts";
import { hostsFile } from "./hosts-file.ts";
import { addNames, dropNames } from "./names.ts";
import { isPasta } from "./own-network.ts";
import { networksOf, sandboxResolvConf } from "./sandbox-resolv-conf.ts";

export function sandboxNetwork(ctx: NetworkContext): SandboxNetwork {
  const holds = new PortHolds(ctx);
  return {
    choosePorts: async (ports) => {
      if (ports.every(({ hostPort }) => hostPort !== 0)) return ports;
      return choosePorts(await ctx.hostPorts(), ports, [4]);
    },
    attach: (request: AttachRequest) => attachSandbox(ctx, request),
    reserve: (request: AttachRequest) => reserveNetwork(ctx, request),
    detach: (owner: string, known: AttachedNetwork) => detachSandbox(ctx, owner, known),
    holdPorts: (request: HoldRequest) => holds.hold(request),
    planPorts: async (sandbox, wish) => (await changing(sandbox)).planPorts(ctx, sandbox, wish),
    exchangePorts: async (sandbox, change) => (await changing(sandbox)).exchangePorts(ctx, sandbox, change),
    takeBackPorts: async (sandbox, { add, remove, ports }) => {
      const { exchangePorts, releasePorts } = await changing(sandbox);
      const kept = ports.filter((port) => !add.includes(port));
      const back = { add: remove, remove: add, ports: [...kept, ...remove] };
      await exchangePorts(ctx, sandbox, back);
      await releasePorts(ctx, sandbox, back);
    },
    releasePorts: async (sandbox, change) => (await changing(sandbox)).releasePorts(ctx, sandbox, change),
    restorePorts: async (sandbox) => (await changing(sandbox)).restorePorts(ctx, sandbox),
    async hosts(request: HostsRequest): Promise<string> {
      const { interfaces, hostNetwork } = request;
      const addresses = bareAddresses(interfaces);
      return hostsFile({
        base: baseHosts(ctx, request),
        addHost: request.addHost,
        hostAddress: await hostAddress(ctx, request),
        // Without a network the sandbox still has itself.
        addresses: addresses.length === 0 && !hostNetwork ? ["127.0.0.1"] : addresses,
        names: [request.hostname, ...request.names],
      });
    },
    resolvConf: async (dns: DnsOptions, interfaces: readonly InterfaceStatus[]) =>
      sandboxResolvConf(ctx, dns, interfaces),
    addNames: (member, interfaces) => addNames(ctx, member, networksOf(ctx, interfaces)),
    dropNames: (member, interfaces) => dropNames(ctx, member, networksOf(ctx, interfaces)),
  };
}

/** How published ports of a sandbox that is up change. */
async function changing({ interfaces }: PublishingSandbox) {
  return isPasta(interfaces)
    ? await import("./change-forwarded-ports.ts")
    : await import("./change-ports.ts");
}

/** @throws CONFIG_INVALID for a configured file that is not there */
function baseHosts(ctx: NetworkContext, request: HostsRequest): string {
  const { baseHostsFile } = ctx.settings.config;
  if (baseHostsFile === "none") return "";
  if (baseHostsFile === "image") return request.imageHosts?.() ?? "";
  if (baseHostsFile === "") return readIfThere("/etc/hosts") ?? "";
  try {
    return readFileSync(baseHostsFile, "utf8");
  } catch (cause) {
    const message = `cannot read containers.base_hosts_file ${baseHostsFile}`;
    throw new EngineError("CONFIG_INVALID", message, { cause });
  }
}

/** A bridge's gateway is the host. Of several the first IPv4 one; without a bridge, an address of the host's own. */
async function hostAddress(ctx: NetworkContext, request: HostsRequest): Promise<string> {
  const { hostContainersInternalIp } = ctx.settings.config;
  if (hostContainersInternalIp === "none") return "";
  if (hostContainersInternalIp !== "") return hostContainersInternalIp;
  if (request.hostNetwork) return "127.0.0.1";
  // A user's gateway is in a namespace of the user's own, not on the host.
  if (ctx.settings.uid !== 0) return (await (await ctx.pasta()).abilities()).hostAddress;
  const gateways = request.interfaces
    .flatMap((status) => status.gateways)
    .filter((gateway) => gateway !== "");
  return gateways.find((gateway) => !gateway.includes(":")) ?? gateways[0] ?? "";
}
