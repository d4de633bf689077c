/** Published ports follow a sandbox whose networks change: they lead to its first address of each family. */
import type { InterfaceStatus, PortMapping } from "@podwright/spec/engine-api/common";
import { targetsOf } from "./attach.ts";
import type { NetworkContext } from "./context.ts";

/** Known flows go on as they are. Its sockets on the ports stay with its monitors: nothing is bound anew. */
export async function movePorts(
  ctx: NetworkContext,
  ports: readonly PortMapping[],
  {
    before,
    after,
  }: { readonly before: readonly InterfaceStatus[]; readonly after: readonly InterfaceStatus[] },
): Promise<readonly PortMapping[]> {
  if (ports.length === 0) return ports;
  const [from, to] = [before, after].map((interfaces) => firstOfEach(ctx, interfaces));
  if (from === undefined || to === undefined || from.join() === to.join()) return ports;
  const { firewall } = await ctx.host();
  if (from.length > 0) await firewall.unpublish({ ports: reachable(ports, from), addresses: from });
  if (to.length > 0) await firewall.publish({ ports: reachable(ports, to), addresses: to });
  return ports;
}

function firstOfEach(ctx: NetworkContext, interfaces: readonly InterfaceStatus[]): string[] {
  const joined = interfaces.flatMap((status) => {
    const network = ctx.store.networks.get(status.network);
    return network === undefined ? [] : [{ network, status }];
  });
  const addresses = targetsOf(joined);
  const first = [false, true].map((v6) => addresses.find((address) => address.includes(":") === v6));
  return first.filter((address) => address !== undefined);
}

/** A port on an address of a family that the sandbox has no address of leads nowhere for now. */
function reachable(ports: readonly PortMapping[], addresses: readonly string[]): PortMapping[] {
  return ports.filter(
    ({ hostIp }) =>
      hostIp === "" || addresses.some((address) => address.includes(":") === hostIp.includes(":")),
  );
}
