/** Published ports of an ordinary user's sandbox that a forwarder takes in. */
import type { InterfaceStatus, PortMapping } from "@podwright/spec/engine-api/common";
import type { Forward, WithoutSource } from "../ports/forwarder.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import type { NetworkContext } from "./context.ts";
import { endpointsOf } from "./host-ports.ts";
import { sandboxDirectory } from "./pasta.ts";

export interface ForwardedSandbox {
  readonly owner: string;
  readonly netnsPath: string;
  readonly interfaces: readonly InterfaceStatus[];
  readonly ports: readonly PortMapping[];
}

/** @throws PORT_IN_USE, PORT_INVALID, NETWORK_SETUP_FAILED */
export async function startForwarder(ctx: NetworkContext, sandbox: ForwardedSandbox): Promise<void> {
  const { owner, netnsPath, ports } = sandbox;
  await withForwards(ctx, sandbox, ports, async (forwards) => {
    const directory = sandboxDirectory(ctx, owner);
    const forwarder = await ctx.forwarder();
    warn(ctx, await forwarder.start({ directory, netnsPath, targets: "here", forwards }));
  });
}

export function warn({ log }: NetworkContext, without: WithoutSource): void {
  if (without.length === 0) return;
  const protocols = without.map((protocol) => protocol.toUpperCase()).join(" and ");
  log.warn(
    `clients of published ports (${protocols}) are seen with an address of the host's, for nft is missing or refuses`,
  );
}

/** Sockets on the host's ports for as long as `act` takes; it hands copies on. */
export async function withForwards<T>(
  ctx: NetworkContext,
  { interfaces }: Pick<ForwardedSandbox, "interfaces">,
  ports: readonly PortMapping[],
  act: (forwards: readonly Forward[]) => Promise<T>,
): Promise<T> {
  const hostPorts = await ctx.hostPorts();
  const addresses = bareAddresses(interfaces);
  const families = familiesOf(addresses);
  const forwards: Forward[] = [];
  try {
    for (const mapping of ports) {
      for (const endpoint of endpointsOf(mapping, families)) {
        const v6 = endpoint.address.includes(":");
        const address = addresses.find((each) => each.includes(":") === v6);
        const socket = hostPorts.bind(endpoint);
        if (socket === undefined) continue;
        const port = mapping.containerPort + endpoint.port - mapping.hostPort;
        // The same loopback leads in where there is no address of the family.
        const target = {
          address: address ?? (v6 ? "::1" : "127.0.0.1"),
          port,
          loopback: "loopback" as const,
        };
        forwards.push({ socket, target });
      }
    }
    return await act(forwards);
  } finally {
    for (const { socket } of forwards) socket[Symbol.dispose]();
  }
}
