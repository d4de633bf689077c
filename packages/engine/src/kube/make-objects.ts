/** What a play makes beside pods: networks, volumes and secrets, each noted so that a killed play can be taken back. */
import type { NamedSince } from "../ports/play-record.ts";
import type { Play } from "./apply-play.ts";
import { at } from "./play-failure.ts";
import type { PlannedSecret, PlannedVolume } from "./play-plan.ts";

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

/** Volumes that are there are used as they are. Gives the names of those that were made. */
export function makeVolumes({ ctx, id, plan }: Play): string[] {
  const { volumes, plays } = ctx.store;
  const made: string[] = [];
  // One transaction: a volume is there if, and only if, it is noted as ours.
  ctx.store.transaction(() => {
    for (const { request } of [...plan.volumes, ...undeclared(plan.pods)]) {
      if (request.name === undefined || volumes.get(request.name) !== undefined) continue;
      ctx.createVolume(request);
      made.push(request.name);
    }
    if (made.length > 0) plays.update(id, (before) => ({ ...before, volumes: made }));
  });
  return made;
}

/** Claims without an object of their own: their containers would make the volume, and their removal leave it. */
function undeclared(pods: Play["plan"]["pods"]): Pick<PlannedVolume, "request">[] {
  const mounts = pods.flatMap(({ request, containers }) => [
    ...request.mounts,
    ...containers.flatMap((container) => container.request.mounts),
  ]);
  const names = mounts.flatMap(({ kind, source }) => (kind === "volume" && source !== "" ? [source] : []));
  return [...new Set(names)].map((name) => ({ request: { name, labels: {}, options: {} } }));
}

/** `noted` hears of the new ones before they are made; one that is there gets the manifest's value. */
export async function makeSecrets(
  play: Play,
  noted: (secrets: readonly NamedSince[]) => void,
): Promise<void> {
  const { ctx, id, plan, secrets } = play;
  if (plan.secrets.length === 0) return;
  const api = await ctx.secrets();
  const present = new Set((await api.list({})).map(({ name }) => name));
  const since = ctx.clock.now();
  const missing = plan.secrets.filter(({ name }) => !present.has(name)).map(({ name }) => ({ name, since }));
  noted(missing);
  if (missing.length > 0) ctx.store.plays.update(id, (made) => ({ ...made, secrets: missing }));
  for (const secret of plan.secrets) {
    const place = { object: secret.object, path: ["metadata", "name"] };
    await at(place, `make secret ${secret.name}`, async () => {
      secrets.push({ name: secret.name, id: await makeSecret(play, secret, present.has(secret.name)) });
    });
  }
}

async function makeSecret({ ctx }: Play, secret: PlannedSecret, present: boolean): Promise<string> {
  const api = await ctx.secrets();
  const { name, data, labels } = secret;
  if (present && Buffer.from(await api.read(name)).equals(data)) return (await api.inspect(name)).id;
  return (await api.create({ name, data, labels, replace: present, ignore: false })).id;
}
