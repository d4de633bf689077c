/** The network of an ordinary user's sandbox: the host's own addresses, by one pasta process for as long as it is up. */
import type { InterfaceStatus } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { throwCollected } from "../base/cleanup.ts";
import { readIfThere } from "../base/if-there.ts";
import type { AttachedNetwork, AttachRequest, ReservedNetwork } from "../ports/sandbox-network.ts";
import { bareAddresses, familiesOf } from "./addresses.ts";
import type { NetworkContext } from "./context.ts";
import { resolveHostPorts } from "./host-ports.ts";
import { PASTA } from "./own-network.ts";

/** @throws PORT_IN_USE, PORT_INVALID, NETWORK_SETUP_FAILED */
export async function reservePasta(
  ctx: NetworkContext,
  request: AttachRequest & { readonly pasta: readonly string[] },
): Promise<ReservedNetwork> {
  refuseSctp(request);
  const interfaces = [outwardInterface()];
  const ports = resolveHostPorts(await ctx.hostPorts(), request.ports, familiesOf(bareAddresses(interfaces)));
  return {
    interfaces,
    ports,
    join: async () => {
      await join(ctx, request, { interfaces, ports });
      return { interfaces, ports };
    },
  };
}

async function join(
  ctx: NetworkContext,
  { netnsPath, pasta: options, owner }: AttachRequest & { readonly pasta: readonly string[] },
  { interfaces, ports }: AttachedNetwork,
): Promise<void> {
  const pasta = await ctx.pasta();
  const pidFile = pidFileOf(ctx, owner);
  if (ports.length === 0 || (await pasta.abilities()).publishes) {
    return pasta.start({ netnsPath, pidFile, ports, options });
  }
  // Clients come to a forwarder, which is there as soon as pasta, and the members that they want start after both.
  const { startForwarder } = await import("./forwarded-ports.ts");
  const [out, into] = await Promise.allSettled([
    pasta.start({ netnsPath, pidFile, ports: [], options }),
    startForwarder(ctx, { owner, netnsPath, interfaces, ports }),
  ]);
  if (out.status === "fulfilled" && into.status === "fulfilled") return;
  await detachPasta(ctx, owner);
  throwCollected([out, into].flatMap((each) => (each.status === "rejected" ? [each.reason] : [])));
}

/** Idempotent. It would end by itself with its namespace; its ports are to be free at once. */
export async function detachPasta(ctx: NetworkContext, owner: string): Promise<void> {
  const pidFile = pidFileOf(ctx, owner);
  const ends: Promise<void>[] = [];
  if (existsSync(pidFile)) ends.push((async () => (await ctx.pasta()).stop(pidFile))());
  const directory = sandboxDirectory(ctx, owner);
  if (existsSync(`${directory}/forwarder.pid`)) {
    ends.push((async () => (await ctx.forwarder()).stop(directory))());
  }
  await Promise.all(ends);
}

/** Of its processes' ids and sockets. */
export function sandboxDirectory({ settings }: NetworkContext, owner: string): string {
  return `${settings.runRoot}/sandboxes/${owner}`;
}

function pidFileOf(ctx: NetworkContext, owner: string): string {
  return `${sandboxDirectory(ctx, owner)}/pasta.pid`;
}

/** @throws PORT_INVALID */
export function refuseSctp({ ports, ownerName }: Pick<AttachRequest, "ports" | "ownerName">): void {
  if (ports.every(({ protocol }) => protocol !== "sctp")) return;
  throw new EngineError("PORT_INVALID", `cannot publish ports of ${ownerName}: pasta knows no SCTP`);
}

/** Whose addresses pasta gives to the namespace: that of the first default route. */
function outwardInterface(): InterfaceStatus {
  const [name, gateway] = defaultRoute(readIfThere("/proc/net/route") ?? "");
  const addresses = (networkInterfaces()[name] ?? []).flatMap(({ cidr, scopeid }) =>
    // Link-local ones are the namespace's own.
    cidr === null || (scopeid ?? 0) !== 0 ? [] : [cidr],
  );
  return {
    network: PASTA,
    interfaceName: name,
    mac: "",
    addresses,
    gateways: addresses.map((address) => (address.includes(":") ? "" : gateway)),
  };
}

/** Interface and gateway, "" for none. Addresses are hexadecimal in the machine's order: proc(5), net/route. */
export function defaultRoute(table: string): [string, string] {
  for (const line of table.split("\n").slice(1)) {
    const [name = "", destination, gateway = "", , , , , mask] = line.split("\t");
    if (destination !== "00000000" || mask !== "00000000") continue;
    const bytes = Buffer.from(gateway, "hex").reverse();
    return [name, bytes.every((byte) => byte === 0) ? "" : bytes.join(".")];
  }
  return ["", ""];
}
