/** /etc/hosts and /etc/resolv.conf of a sandbox that is up, after its networks have changed. */
import type { InterfaceStatus } from "@podwright/spec/engine-api/common";
import { readIfThere } from "../base/if-there.ts";
import { overwriteInPlace } from "../base/in-place.ts";
import { bareAddresses } from "./addresses.ts";
import type { Changeable } from "./changeable.ts";
import type { NetworkContext } from "./context.ts";
import { sandboxResolvConf } from "./sandbox-resolv-conf.ts";

/** In place: both files are bound into containers. A file that is not ours any more is left as it is. */
export async function rewriteEtcFiles(
  ctx: NetworkContext,
  target: Changeable,
  after: readonly InterfaceStatus[],
): Promise<void> {
  const directory = `${ctx.settings.runRoot}/sandboxes/${target.owner.id}`;
  const { interfaces: before } = target.attached;
  {
    // Members of a pod write their names into the same file.
    using _lock = await ctx.locks.acquire(`hosts-${target.owner.id}`);
    rewrite(`${directory}/hosts`, (text) => changedHosts(text, { target, before, after }));
    if (target.owner.kind === "container") ctx.locks.forget(`hosts-${target.owner.id}`);
  }
  if (target.dns.servers?.[0] === "none") return;
  const [ours, wanted] = await Promise.all([
    sandboxResolvConf(ctx, target.dns, before),
    sandboxResolvConf(ctx, target.dns, after),
  ]);
  rewrite(`${directory}/resolv.conf`, (text) => (text === ours ? wanted : text));
}

function changedHosts(
  text: string,
  change: {
    readonly target: Changeable;
    readonly before: readonly InterfaceStatus[];
    readonly after: readonly InterfaceStatus[];
  },
): string {
  const [old, wanted] = [bareAddresses(change.before), bareAddresses(change.after)];
  const lines = text.split("\n").filter((line) => line !== "");
  const kept = lines.filter((line) => {
    const [address = ""] = line.split(/\s/, 1);
    return !old.includes(address) || wanted.includes(address);
  });
  const added = wanted
    .filter((address) => !old.includes(address))
    .map((address) => `${address}\t${change.target.hostNames.join(" ")}`);
  return [...kept, ...added].map((line) => `${line}\n`).join("");
}

function rewrite(path: string, change: (text: string) => string): void {
  const before = readIfThere(path);
  if (before === undefined) return;
  const after = change(before);
  if (after !== before) overwriteInPlace(path, after);
}
