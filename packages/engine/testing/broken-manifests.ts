/** Manifests with mistakes and what is to be said of each: the unit's tests and the built binary's read the same table. */
import type { BrokenManifest } from "./broken-manifests/broken-manifest.ts";
import { BROKEN_CONTAINERS } from "./broken-manifests/containers.ts";
import { BROKEN_OBJECTS } from "./broken-manifests/objects.ts";
import { BROKEN_PLANS } from "./broken-manifests/plans.ts";
import { BROKEN_PODS } from "./broken-manifests/pods.ts";
import { BROKEN_VOLUMES } from "./broken-manifests/volumes.ts";

export type { BrokenManifest, Expected } from "./broken-manifests/broken-manifest.ts";

export const BROKEN_MANIFESTS: readonly BrokenManifest[] = [
  ...BROKEN_OBJECTS,
  ...BROKEN_PODS,
  ...BROKEN_CONTAINERS,
  ...BROKEN_VOLUMES,
  ...BROKEN_PLANS,
];
