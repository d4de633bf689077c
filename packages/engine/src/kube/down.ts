/** `kube down`: stops and removes what a manifest's play made. Kinds and names decide, nothing else. */
import type { DownReport, DownRequest } from "@podwright/spec/engine-api/kube";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import type { KubeContext } from "./context.ts";
import { invalidManifest } from "./invalid-manifest.ts";
import type { ManifestObject } from "./manifest.ts";
import { podNamesEver } from "./pod-names.ts";
import { readManifests } from "./read/read-manifests.ts";

/** What is not there is no error. @throws KUBE_INVALID for what is no YAML */
export async function downKube(ctx: KubeContext, request: DownRequest): Promise<DownReport> {
  const objects = readNames(request);
  const podNames = unique(objects.flatMap((object) => podNamesEver(ctx.store, object)));
  const pods = await ctx.pods();
  const selection = { names: podNames, all: false };
  const stopped = await pods.stop(selection, { ignore: true });
  const removed = await pods.remove(selection, { force: true, ignore: true });
  const secretNames = unique(objects.flatMap(({ kind, name }) => (kind === "Secret" ? [name] : [])));
  const secrets =
    secretNames.length === 0
      ? []
      : await (await ctx.secrets()).remove(secretNames, { all: false, ignore: true });
  return { stopped, removed, secrets, volumes: request.force ? await removeVolumes(ctx, objects) : [] };
}

/** Faults of fields do not matter here: what was played with --validate=ignore must go down as well. */
function readNames({ sources }: DownRequest): readonly ManifestObject[] {
  const { objects, diagnostics } = readManifests(sources, { validate: "ignore" });
  const unreadable = diagnostics.filter(({ severity, path }) => severity === "error" && path === "");
  if (unreadable.length > 0) throw invalidManifest(unreadable);
  return objects;
}

async function removeVolumes(
  ctx: KubeContext,
  objects: readonly ManifestObject[],
): Promise<DownReport["volumes"]> {
  const names = unique(objects.flatMap((object) => [...claimOf(object), ...claimsUsed(object)]));
  const present = names.filter((name) => ctx.store.volumes.get(name) !== undefined);
  if (present.length === 0) return [];
  const outcomes = await (await ctx.volumes()).remove(present, { all: false, force: false });
  return outcomes.filter(({ error }) => !isEngineError(error, "VOLUME_NOT_FOUND"));
}

function claimOf({ kind, name }: ManifestObject): string[] {
  return kind === "PersistentVolumeClaim" ? [name] : [];
}

/** Claims that have no object of their own. */
function claimsUsed({ kind, data }: ManifestObject): string[] {
  const spec = kind === "Pod" ? data["spec"] : member(member(data["spec"], "template"), "spec");
  const volumes = member(spec, "volumes");
  if (!Array.isArray(volumes)) return [];
  return volumes.flatMap((volume: unknown) => {
    const name = member(member(volume, "persistentVolumeClaim"), "claimName");
    return typeof name === "string" ? [name] : [];
  });
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
