/** What a play makes beside pods: networks, volumes and secrets, each noted so that a killed play can be taken back. */
import type { Labels } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { NamedSince } from "../ports/play-record.ts";
import type { VolumeRecord } from "../ports/volume-record.ts";
import type { Play } from "./play-at-work.ts";
import { checkSecret } from "../secret/create.ts";
import { at } from "./play-failure.ts";
import type { PlannedVolume } from "./play-plan.ts";

/** `noted` hears of them before they are made. */
export async function makeNetworks(
  { ctx, id, plan }: Play,
  noted: (networks: readonly NamedSince[]) => void,
): Promise<void> {
  const missing = plan.networks.filter((name) => ctx.store.networks.get(name) === undefined);
  if (missing.length === 0) return;
  const since = ctx.clock.now();
  const networks = missing.map((name) => ({ name, since }));
  noted(networks);
  ctx.store.plays.update(id, (made) => ({ ...made, networks }));
  const api = await ctx.networks();
  for (const name of missing) {
    await api.create({
      name,
      subnets: [],
      ipv6: false,
      internal: false,
      disableDns: false,
      dnsServers: [],
      labels: {},
      options: {},
      // Another play may have been quicker.
      ignore: true,
    });
  }
}

/** Volumes that are there are used as they are. `note` is told of the others once they are there. */
export function makeVolumes({ ctx, id, plan }: Play, note: (made: readonly string[]) => void): void {
  const { volumes, plays } = ctx.store;
  const made: VolumeRecord[] = [];
  // One transaction: a volume is there if, and only if, it is noted as ours.
  ctx.store.transaction(() => {
    for (const { request } of [...plan.volumes, ...undeclared(plan.pods)]) {
      if (request.name === undefined || volumes.get(request.name) !== undefined) continue;
      made.push(ctx.addVolume(request));
    }
    if (made.length > 0) plays.update(id, (before) => ({ ...before, volumes: namesOf(made) }));
  });
  note(namesOf(made));
  for (const record of made) ctx.furnishVolume(record);
}

const namesOf = (volumes: readonly VolumeRecord[]): string[] => volumes.map(({ name }) => name);

/** Claims without an object of their own: their containers would make the volume, and their removal leave it. */
function undeclared(pods: Play["plan"]["pods"]): Pick<PlannedVolume, "request">[] {
  const mounts = pods.flatMap(({ request, containers }) => [
    ...request.mounts,
    ...containers.flatMap((container) => container.request.mounts),
  ]);
  const names = mounts.flatMap(({ kind, source }) => (kind === "volume" && source !== "" ? [source] : []));
  return [...new Set(names)].map((name) => ({ request: { name, labels: {}, options: {} } }));
}

/** What the store would refuse, or must not be replaced, is found out before anything is made. */
export async function checkSecrets({ ctx, plan }: Play): Promise<void> {
  for (const { object, name, data, labels } of plan.secrets) {
    await at({ object, path: ["metadata", "name"] }, `make secret ${name}`, async () => {
      checkSecret({ name, data, labels, replace: false, ignore: false });
      const api = await ctx.secrets();
      if (!(await api.exists(name))) return;
      const before = await api.read(name);
      if (isImmutable(before) && !Buffer.from(before).equals(data)) {
        throw new EngineError("SECRET_INVALID", "a secret of that name is there, and it is immutable");
      }
    });
  }
}

/** Secrets of other makers need not hold an object at all. */
function isImmutable(data: Uint8Array): boolean {
  try {
    const object = JSON.parse(Buffer.from(data).toString("utf8")) as { readonly immutable?: unknown } | null;
    return object?.immutable === true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Those that are missing; `noted` hears of them before they are made. */
export async function makeSecrets(
  { ctx, id, plan, secrets }: Play,
  noted: (secrets: readonly NamedSince[]) => void,
): Promise<void> {
  if (plan.secrets.length === 0) return;
  const api = await ctx.secrets();
  const present = new Set((await api.list({})).map(({ name }) => name));
  const missing = plan.secrets.filter(({ name }) => !present.has(name));
  if (missing.length === 0) return;
  const since = ctx.clock.now();
  const named = missing.map(({ name }) => ({ name, since }));
  noted(named);
  ctx.store.plays.update(id, (made) => ({ ...made, secrets: named }));
  for (const { object, name, data, labels } of missing) {
    await at({ object, path: ["metadata", "name"] }, `make secret ${name}`, async () => {
      secrets.set(name, (await api.create({ name, data, labels, replace: false, ignore: false })).id);
    });
  }
}

/** A secret that was there before the play, as it was. */
export interface FormerSecret {
  readonly name: string;
  readonly data: Uint8Array;
  readonly labels: Labels;
}

/** Those that were there get the manifest's value; `replaced` hears of each that had another. */
export async function replaceSecrets(
  { ctx, plan, secrets }: Play,
  replaced: (secret: FormerSecret) => void,
): Promise<void> {
  for (const { object, name, data, labels } of plan.secrets) {
    if (secrets.has(name)) continue;
    await at({ object, path: ["metadata", "name"] }, `replace secret ${name}`, async () => {
      const api = await ctx.secrets();
      const info = await api.inspect(name);
      const before = await api.read(name);
      secrets.set(name, info.id);
      if (Buffer.from(before).equals(data)) return;
      replaced({ name, data: before, labels: info.labels });
      secrets.set(name, (await api.create({ name, data, labels, replace: true, ignore: false })).id);
    });
  }
}

export async function restoreSecrets({ ctx }: Play, former: readonly FormerSecret[]): Promise<void> {
  for (const secret of former) {
    await (await ctx.secrets()).create({ ...secret, replace: true, ignore: false });
  }
}
