/** A running member's line in its pod's hosts file: members find one another by name on their common loopback. */
import { readIfThere } from "../base/if-there.ts";
import { overwriteInPlace } from "../base/in-place.ts";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { Locks } from "../ports/lock.ts";
import type { Settings } from "../ports/settings.ts";
import { sandboxDirectory } from "./places.ts";

export interface HostsContext {
  readonly settings: Pick<Settings, "runRoot">;
  readonly locks: Locks;
}

const SHORT_ID = 12;

type Member = Pick<ContainerConfig, "name" | "podId" | "network">;

/** A name that stands there already, whoever gave it, is left alone. */
export async function nameMember(ctx: HostsContext, member: Member): Promise<void> {
  await rewrite(ctx, member, (lines) => {
    if (lines.some((line) => line.split(/\s+/).slice(1).includes(member.name))) return lines;
    return [...lines, lineOf(member)];
  });
}

/** Nothing happens for a container that is no member, or whose pod is down. */
export async function forgetMember(ctx: HostsContext, member: Member): Promise<void> {
  if (member.network.mode.kind !== "pod") return;
  await rewrite(ctx, member, (lines) => lines.filter((line) => line !== lineOf(member)));
}

/** On its pod's networks: its name, and the short form of its id. */
export function memberNames({ name, id }: Pick<ContainerConfig, "name" | "id">): string[] {
  return [name, id.slice(0, SHORT_ID)];
}

function lineOf({ name }: Member): string {
  return `127.0.0.1\t${name}`;
}

/** In place: the file itself is bound into each member. Members start and end side by side, hence the lock. */
async function rewrite(
  ctx: HostsContext,
  { podId }: Member,
  change: (lines: readonly string[]) => readonly string[],
): Promise<void> {
  const path = `${sandboxDirectory(ctx.settings, podId)}/hosts`;
  if (readIfThere(path) === undefined) return;
  using _lock = await ctx.locks.acquire(`hosts-${podId}`);
  const before = readIfThere(path);
  if (before === undefined) return;
  const lines = before.split("\n").filter((line) => line !== "");
  const after = change(lines);
  if (after.length !== lines.length) overwriteInPlace(path, after.map((line) => `${line}\n`).join(""));
}
