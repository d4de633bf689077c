/** PersistentVolumeClaims → named volumes. */
import type { PersistentVolumeClaim } from "@podwright/spec/kube/types";
import type { VolumeRequest } from "@podwright/spec/engine-api/volumes";
import type { ManifestObject } from "../manifest.ts";
import type { PlannedVolume } from "../play-plan.ts";
import { type Place, quote } from "./place.ts";
import type { PlayScope } from "./scope.ts";

const PREFIX = "volume.podman.io/";
const ANNOTATIONS = ["driver", "device", "type", "uid", "gid", "mount-options", "import-source", "image"];

/** A volume of that name that is there already is used, as Podman does. */
export function planClaim(object: ManifestObject, place: Place): PlannedVolume {
  const { metadata = {} } = object.data as unknown as PersistentVolumeClaim;
  const { annotations = {}, labels = {} } = metadata;
  const here = place.at("metadata", "annotations");
  for (const key of Object.keys(annotations)) {
    if (!key.startsWith(PREFIX) || ANNOTATIONS.includes(key.slice(PREFIX.length))) continue;
    here.at(key).warn(`annotation ${quote(key)} is not known and has no effect`);
  }
  const importSource = annotations[`${PREFIX}import-source`];
  if (importSource !== undefined) {
    here
      .at(`${PREFIX}import-source`)
      .error("filling a volume from a tar file is not implemented", "unpack it in an init container");
  }
  const request: VolumeRequest = {
    name: object.name,
    labels,
    options: optionsOf(annotations),
    ignore: true,
    ...optional("driver", annotations[`${PREFIX}driver`]),
    ...optional("uid", owner(annotations, here, "uid")),
    ...optional("gid", owner(annotations, here, "gid")),
  };
  return { object, request, ...optional("importSource", importSource) };
}

/** A claim that is nowhere defined, made by the workload that names it. */
export function implicitClaim(name: string, scope: PlayScope, place: Place): PlannedVolume | undefined {
  if (scope.facts.volumeExists(name)) return undefined;
  place.warn(
    `PersistentVolumeClaim ${quote(name)} not found: a volume of that name is made`,
    `define a PersistentVolumeClaim named ${quote(name)} in the same file, as Kubernetes needs it`,
  );
  return { object: place.object, request: { name, labels: {}, options: {}, ignore: true } };
}

function optionsOf(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const names = { device: "device", type: "type", "mount-options": "o", image: "image" };
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, option]) => {
      const value = annotations[PREFIX + name];
      return value === undefined ? [] : [[option, value] as const];
    }),
  );
}

function owner(
  annotations: Readonly<Record<string, string>>,
  place: Place,
  name: "uid" | "gid",
): number | undefined {
  const text = annotations[PREFIX + name];
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  place.at(PREFIX + name).error(`cannot convert ${name} ${text} to integer`);
  return undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
