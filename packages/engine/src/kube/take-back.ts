/** Takes back what a play made: its own undoing and the healing of a killed one go the same way. */
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { lstatSync, rmdirSync, unlinkSync } from "node:fs";
import { runAll } from "../base/cleanup.ts";
import type { MadeByPlay, NamedSince } from "../ports/play-record.ts";
import type { TakeBackContext } from "./context.ts";
import { throwFirst } from "../base/outcomes.ts";

/** All of it, though parts fail; gives the failures. */
export function takeBack(ctx: TakeBackContext, made: MadeByPlay): Promise<unknown[]> {
  return runAll([
    () => takeBackPods(ctx, made.pods),
    () => takeBackPaths(made.paths),
    () => takeBackSecrets(ctx, made.secrets),
    () => takeBackVolumes(ctx, made.volumes),
    () => takeBackNetworks(ctx, made.networks),
  ]);
}

/** With their members, half-made ones too, and those members' anonymous volumes. */
export async function takeBackPods(ctx: TakeBackContext, ids: readonly string[]): Promise<void> {
  const present = ids.filter((id) => ctx.store.pods.get(id) !== undefined);
  if (present.length === 0) return;
  const selection = { names: present, all: false };
  throwFirst(await (await ctx.pods()).remove(selection, { force: true, ignore: true, timeout: 0 }));
}

export async function takeBackVolumes(ctx: TakeBackContext, names: readonly string[]): Promise<void> {
  const present = names.filter((name) => ctx.store.volumes.get(name) !== undefined);
  if (present.length === 0) return;
  const outcomes = await (await ctx.volumes()).remove(present, { all: false, force: false });
  // Somebody else has come to use it: it is theirs now.
  throwFirst(outcomes.filter(({ error }) => !isEngineError(error, "VOLUME_IN_USE", "VOLUME_NOT_FOUND")));
}

export async function takeBackNetworks(ctx: TakeBackContext, networks: readonly NamedSince[]): Promise<void> {
  const present = networks.filter(({ name, since }) => {
    const found = ctx.store.networks.get(name);
    return found !== undefined && found.created >= since;
  });
  if (present.length === 0) return;
  const names = present.map(({ name }) => name);
  const outcomes = await (await ctx.networks()).remove(names, { force: false });
  throwFirst(outcomes.filter(({ error }) => !isEngineError(error, "NETWORK_IN_USE", "NETWORK_NOT_FOUND")));
}

export async function takeBackSecrets(ctx: TakeBackContext, secrets: readonly NamedSince[]): Promise<void> {
  if (secrets.length === 0) return;
  const api = await ctx.secrets();
  const since = new Map(secrets.map((secret) => [secret.name, secret.since]));
  const ours = (await api.list({})).filter(({ name, created }) => created >= (since.get(name) ?? Infinity));
  const ids = ours.map(({ id }) => id);
  // Also with none: bytes whose row was never written go as well.
  throwFirst(await api.remove(ids, { all: false, ignore: true }));
}

/** What has content stays. The deepest first. */
export function takeBackPaths(paths: readonly string[]): void {
  for (const path of paths.toReversed()) {
    try {
      const found = lstatSync(path);
      if (found.isDirectory()) rmdirSync(path);
      else if (found.isFile() && found.size === 0) unlinkSync(path);
    } catch (error) {
      if (!hasCode(error, "ENOENT", "ENOTEMPTY", "EEXIST", "EBUSY")) throw error;
    }
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
