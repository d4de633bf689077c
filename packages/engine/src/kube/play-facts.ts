/** What planning wants to know of the engine and of the host. */
import { availableParallelism, hostname, totalmem } from "node:os";
import { canLimit } from "../container/config/applicable-limits.ts";
import type { KubeContext } from "./context.ts";
import type { ManifestObject } from "./manifest.ts";
import type { PlayFacts } from "./play-plan.ts";

export async function gatherFacts(ctx: KubeContext, objects: readonly ManifestObject[]): Promise<PlayFacts> {
  const { pods, containers, volumes, networks } = ctx.store;
  const secrets = await namedSecrets(ctx, objects);
  return {
    podExists: (name) => pods.findByName(name) !== undefined,
    containerOwner: (name) => {
      const found = containers.findByName(name);
      if (found === undefined) return undefined;
      const { podId } = found.config;
      return podId === "" ? "" : (pods.get(podId)?.config.name ?? podId);
    },
    volumeExists: (name) => volumes.get(name) !== undefined,
    networkExists: (name) => networks.get(name) !== undefined,
    secret: (name) => secrets.get(name),
    newId: () => ctx.ids.id(),
    hostName: hostname(),
    uid: ctx.uid,
    // What was accepted by the configuration is told and let go when containers are made.
    canLimit: (limit) => ctx.settings.config.cgroups === "disabled" || canLimit(ctx.settings, limit),
    hostMemory: totalmem(),
    hostCpus: availableParallelism(),
  };
}

/** The contents of those secrets whose name the manifests mention at all. */
async function namedSecrets(
  ctx: KubeContext,
  objects: readonly ManifestObject[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const api = await ctx.secrets();
  const known = await api.list({});
  if (known.length === 0) return new Map();
  const mentioned = new Set<string>();
  for (const { data } of objects) collectTexts(data, mentioned);
  const wanted = known.filter(({ name }) => mentioned.has(name));
  return new Map(await Promise.all(wanted.map(async ({ name }) => [name, await api.read(name)] as const)));
}

function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === "string") texts.add(value);
  else if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) collectTexts(member, texts);
  }
}
