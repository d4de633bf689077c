/** `volumeMounts` of a container, and the devices among its volumes. */
import type { MountRequest } from "@podwright/spec/engine-api/containers";
import type { PullRequest } from "@podwright/spec/engine-api/images";
import type { VolumeMount } from "@podwright/spec/kube/types";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { checkVolumeOptions } from "@podwright/spec/values/mount-options";
import type { Environment } from "./environment.ts";
import { expand, references } from "./expand.ts";
import { registryFor } from "./images.ts";
import { type Place, quote } from "./place.ts";
import { safePath } from "./safe-path.ts";
import type { ContainerScope } from "./scope.ts";
import { isPrivileged } from "./security.ts";
import { fsGroup, type PlannedVolumes } from "./volumes.ts";

export interface PlannedMounts {
  readonly mounts: readonly MountRequest[];
  readonly devices: readonly string[];
  readonly images: readonly PullRequest[];
}

interface MountScope {
  readonly container: ContainerScope;
  readonly volumes: PlannedVolumes;
  readonly environment: Environment;
}

interface Draft {
  readonly mounts: MountRequest[];
  readonly devices: string[];
  readonly images: PullRequest[];
}

export function planMounts(scope: MountScope): PlannedMounts {
  const draft: Draft = { mounts: [], devices: [], images: [] };
  const { container, place } = scope.container;
  (container.volumeMounts ?? []).forEach((mount, i) => {
    checkPropagation(scope.container, mount, place.at("volumeMounts", i));
    planMount(scope, mount, place.at("volumeMounts", i), draft);
  });
  return draft;
}

/** The API server's rule; Podman's annotation makes privileged, too. */
function checkPropagation(scope: ContainerScope, mount: VolumeMount, place: Place): void {
  if (mount.mountPropagation !== "Bidirectional" || isPrivileged(scope)) return;
  place
    .at("mountPropagation")
    .error('forbidden: "Bidirectional" needs a privileged container', "add securityContext.privileged: true");
}

function planMount(scope: MountScope, mount: VolumeMount, place: Place, draft: Draft): void {
  // A volume that the pod does not have was told by the reading.
  const source = scope.volumes.sources.get(mount.name);
  const target = targetOf(mount, place);
  const subPath = subPathOf(scope, mount, place);
  if (source === undefined || target === undefined || subPath === undefined) return;
  const { destination, options } = target;
  if (source.kind === "device") {
    draft.devices.push(`${source.hostPath}:${destination}:${options.includes("ro") ? "r" : "rwm"}`);
    return;
  }
  const below = subPath === "" ? {} : { subPath };
  const made = { destination, ...below };
  switch (source.kind) {
    case "bind":
      draft.mounts.push({
        ...made,
        kind: "bind",
        source: source.hostPath,
        options: [...options, ...relabelling(scope.container, source.hostPath, options)],
      });
      return;
    case "claim":
      draft.mounts.push({
        ...made,
        kind: "volume",
        source: source.claim,
        options: source.readOnly ? withReadOnly(options) : options,
        ...fsGroup(scope.container),
      });
      return;
    case "pod":
      draft.mounts.push({
        ...made,
        kind: "pod-volume",
        source: mount.name,
        options: source.readOnly ? withReadOnly(options) : options,
      });
      return;
    case "image":
      draft.mounts.push({ ...made, kind: "image", source: source.reference, options: withReadOnly(options) });
      draft.images.push({
        reference: source.reference,
        policy: source.pull,
        ...registryFor(scope.container, source.reference),
      });
      return;
    case "broken":
      return;
    default:
      source satisfies never;
  }
}

function withReadOnly(options: readonly string[]): string[] {
  return ["ro", ...options.filter((option) => option !== "ro" && option !== "rw")];
}

interface Target {
  readonly destination: string;
  readonly options: readonly string[];
}

/** Podman takes options after the path: `/data:z`. */
function targetOf(mount: VolumeMount, place: Place): Target | undefined {
  const [path = "", suffix, ...more] = mount.mountPath.split(":");
  if (more.length > 0) {
    place.at("mountPath").error(`${quote(mount.mountPath)} has too many colons`, "PATH or PATH:OPTIONS");
    return undefined;
  }
  const written = suffix === undefined || suffix === "" ? [] : suffix.split(",");
  const readOnly = mount.readOnly === true && !written.includes("ro") ? ["ro"] : [];
  const options = [...written, ...readOnly, ...propagation(mount)];
  try {
    return { destination: path.startsWith("/") ? path : `/${path}`, options: checkVolumeOptions(options) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    place.at("mountPath").error(error.message);
    return undefined;
  }
}

function propagation(mount: VolumeMount): string[] {
  switch (mount.mountPropagation) {
    case undefined:
      return [];
    case "None":
      return ["rprivate"];
    case "HostToContainer":
      return ["rslave"];
    case "Bidirectional":
      return ["rshared"];
    default:
      return mount.mountPropagation satisfies never;
  }
}

/** `bind-mount-options: PATH:z`, or `bind-mount-options:PATH: z`. */
function relabelling({ notes }: ContainerScope, hostPath: string, options: readonly string[]): string[] {
  if (options.some((option) => option === "z" || option === "Z")) return [];
  const byKey = notes.get(`bind-mount-options:${hostPath}`)?.value;
  if (byKey === "z" || byKey === "Z") return [byKey];
  const [, path, label] = /^(.*):(z|Z)$/.exec(notes.get("bind-mount-options")?.value ?? "") ?? [];
  return path === hostPath && label !== undefined ? [label] : [];
}

/** "" for none; undefined (and told) for a path that would leave the volume. */
function subPathOf({ environment }: MountScope, mount: VolumeMount, place: Place): string | undefined {
  const { subPath = "", subPathExpr = "" } = mount;
  if (subPathExpr === "") return subPath === "" ? "" : checkedSubPath(subPath, place.at("subPath"));
  const here = place.at("subPathExpr");
  for (const name of references(subPathExpr)) {
    const value = environment.known(name);
    if (value !== undefined && value !== "later") continue;
    here.error(
      value === "later"
        ? `variable ${quote(name)} is not known before the pod runs`
        : `missing value for ${quote(name)}`,
      "subPathExpr can have variables of the container's env",
    );
    return undefined;
  }
  return checkedSubPath(
    expand(subPathExpr, (name) => {
      const value = environment.known(name);
      return typeof value === "object" ? value.text : undefined;
    }),
    here,
  );
}

function checkedSubPath(text: string, place: Place): string | undefined {
  const path = safePath(text);
  if (path !== undefined) return path;
  place.error(`${quote(text)} must be a relative path and must not contain ".."`, "it is below the volume");
  return undefined;
}
