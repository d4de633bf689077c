/** Takes back what a sandbox has of networks. Its links go with its namespace, which the caller drops next. */
import type { AttachedNetwork } from "../ports/sandbox-network.ts";
import { bareAddresses } from "./addresses.ts";
import { isAnyUsed } from "./attach.ts";
import type { NetworkContext } from "./context.ts";
import { bagLock } from "./bag-lock.ts";
import { portsReleased } from "./held-ports.ts";
import { withdrawNames } from "./names.ts";

/** Idempotent. `known` may be empty for an attach that was killed half-way: then the leases say what to look for. */
export async function detachSandbox(
  ctx: NetworkContext,
  owner: string,
  known: AttachedNetwork,
): Promise<void> {
  const { networks } = ctx.store;
  const leases = networks.leases({ owner });
  const leased = leases.map((lease) => lease.address);
  ctx.locks.forget(bagLock(owner));
  if (ctx.settings.uid !== 0) await (await import("./pasta.ts")).detachPasta(ctx, owner);
  // Without leases the addresses may be somebody else's by now.
  if (leased.length === 0) return;
  const { firewall, links, lower } = await ctx.host();
  const addresses = bareAddresses(known.interfaces).filter((address) => leased.includes(address));
  const complete = addresses.length === leased.length;
  if (!complete) await firewall.withdraw(leased);
  else if (known.ports.length > 0) await firewall.unpublish({ ports: known.ports, addresses });
  if (!complete || known.ports.length > 0) for (const address of leased) links.flushFlows({ to: address });
  const joined = new Set(leases.map((lease) => lease.network));
  // While the leases are there: who finishes after a kill looks for names by them.
  await withdrawNames(
    ctx,
    owner,
    [...joined].flatMap((name) => networks.get(name) ?? []),
  );
  networks.release(owner);
  await lower(() => isAnyUsed(ctx));
  if (complete) await portsReleased(ctx, known);
}
