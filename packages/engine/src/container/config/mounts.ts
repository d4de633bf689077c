/** The container's mounts: what was asked for over the pod's, over other containers', over the image's volumes. */
import type { MountRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { cleanPath } from "@podwright/spec/values/container-path";
import { idmapMappings, isIdmapOption } from "@podwright/spec/values/idmap-option";
import { parseMountSpec } from "@podwright/spec/values/mount-spec";
import { parseVolumeSpec } from "@podwright/spec/values/volume-spec";
import type { ContainerMount } from "../../ports/container-record.ts";
import type { MountFlags } from "../../ports/host-facts.ts";
import { type ConfigInputs, imageDefaults, invalidConfig } from "./inputs.ts";
import { completeMountOptions } from "./mount-defaults.ts";

type ByDestination = Map<string, ContainerMount>;

/** In the order of their destinations, so that a mount below another comes after it. @throws CONTAINER_INVALID */
export function buildMounts(inputs: ConfigInputs): ContainerMount[] {
  const { request, pod, settings } = inputs;
  const result: ByDestination = new Map();
  const supersede = (mounts: Iterable<ContainerMount>): void => {
    for (const mount of mounts) result.set(mount.destination, mount);
  };
  supersede(imageVolumes(inputs));
  for (const source of request.volumesFrom) supersede(volumesFrom(inputs, source));
  if (pod !== undefined) supersede(pod.mounts.map((mount) => resolveMount(inputs, mount)));
  supersede(settings.config.volumes.map((text) => resolveMount(inputs, parseVolumeSpec(text, absolute))));
  supersede(configuredMounts(inputs));
  supersede(requested(inputs));
  return [...result.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

/** Those of containers.conf; the caller's own take their places. */
function configuredMounts(inputs: ConfigInputs): ContainerMount[] {
  const { mounts } = inputs.settings.config;
  try {
    return mounts
      .flatMap((text) => parseMountSpec(text, { resolve: absolute, glob: inputs.glob }))
      .map((mount) => resolveMount(inputs, mount));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("CONFIG_INVALID", `parsing containers.conf mounts: ${error.message}`, {
      cause: error,
    });
  }
}

function absolute(path: string): string {
  if (path.startsWith("/")) return path;
  throw new EngineError("CONFIG_INVALID", `containers.conf: ${path} is not an absolute path`);
}

function requested(inputs: ConfigInputs): Iterable<ContainerMount> {
  const seen: ByDestination = new Map();
  for (const mount of inputs.request.mounts) {
    const resolved = resolveMount(inputs, mount);
    if (seen.has(resolved.destination)) {
      throw invalidConfig(`${resolved.destination}: duplicate mount destination`);
    }
    seen.set(resolved.destination, resolved);
  }
  return seen.values();
}

const TMPFS_DEFAULTS: MountFlags = { nosuid: true, nodev: true, noexec: false };
const VOLUME_DEFAULTS: MountFlags = { nosuid: true, nodev: true, noexec: false };

function resolveMount(inputs: ConfigInputs, mount: MountRequest): ContainerMount {
  const destination = cleanPath(mount.destination);
  if (destination === "/") throw invalidConfig('invalid container path "/": the root is no mount point');
  refuseLabels(inputs, mount);
  // A map of the container's own may be known only when it is noted.
  const idmap = inputs.userns === undefined ? mount.options.find(isIdmapOption) : undefined;
  if (idmap !== undefined) idmapMappings(idmap, undefined);
  const common = {
    destination,
    subPath: mount.subPath ?? "",
    kind: mount.kind,
    ...(mount.fsGroup === undefined ? {} : { fsGroup: mount.fsGroup }),
  };
  switch (mount.kind) {
    case "bind":
      return { ...common, source: mount.source, options: bindOptions(inputs, mount), anonymous: false };
    case "volume": {
      const anonymous = mount.source === "";
      const source = anonymous ? inputs.newVolumeName() : mount.source;
      const options = complete(mount.options, false, VOLUME_DEFAULTS);
      return { ...common, source, options, anonymous };
    }
    case "tmpfs":
    case "ramfs": {
      const options = complete(mount.options, true, TMPFS_DEFAULTS);
      return { ...common, source: mount.kind, options, anonymous: false };
    }
    case "devpts":
      return { ...common, source: "devpts", options: mount.options, anonymous: false };
    case "image": {
      const imageId = inputs.mountedImages.get(mount.source);
      if (imageId === undefined) {
        throw new EngineError("IMAGE_NOT_KNOWN", `${mount.source}: image not known`);
      }
      const options = [mount.options.includes("rw") ? "rw" : "ro"];
      return { ...common, source: mount.source, options, anonymous: false, imageId };
    }
    case "pod-volume":
      return { ...common, source: mount.source, options: podVolumeOptions(inputs, mount), anonymous: false };
    default:
      return mount.kind satisfies never;
  }
}

function complete(options: readonly string[], memory: boolean, defaults: MountFlags): string[] {
  return completeMountOptions({ memory, options, defaults });
}

/** Files that the pod was given are nobody's to change, whatever was asked for. */
function podVolumeOptions({ pod }: ConfigInputs, mount: MountRequest): string[] {
  const volume = pod?.volumes?.find(({ name }) => name === mount.source);
  if (volume === undefined) throw invalidConfig(`${mount.source}: the pod has no volume of that name`);
  const options =
    volume.content.kind === "files"
      ? [...mount.options.filter((option) => option !== "rw" && option !== "ro"), "ro"]
      : mount.options;
  return complete(options, false, VOLUME_DEFAULTS);
}

/** What the source's file system forbids must be repeated, or a user namespace could not mount it. */
function bindOptions({ facts }: ConfigInputs, mount: MountRequest): string[] {
  let flags: MountFlags;
  try {
    flags = facts.mountFlags(mount.source);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const missing = error.details["errno"] === "ENOENT";
    throw invalidConfig(
      `statfs ${mount.source}: ${missing ? "no such file or directory" : String(error.details["errno"])}`,
    );
  }
  return complete(mount.options, false, flags);
}

function refuseLabels({ facts }: ConfigInputs, mount: MountRequest): void {
  if (facts.selinux && mount.options.some((option) => option === "z" || option === "Z")) {
    throw notYet("relabelling for SELinux (z, Z)");
  }
}

function notYet(what: string): EngineError {
  return new EngineError("NOT_IMPLEMENTED", `${what} is not implemented`);
}

function imageVolumes(inputs: ConfigInputs): ContainerMount[] {
  const { request } = inputs;
  if (request.imageVolumes === "ignore") return [];
  return Object.keys(imageDefaults(inputs).Volumes ?? {}).map((path) => {
    const destination = cleanPath(path);
    if (request.imageVolumes === "tmpfs") {
      const options = complete(["rprivate", "rw", "nodev", "exec"], true, TMPFS_DEFAULTS);
      return { kind: "tmpfs", source: "tmpfs", destination, options, subPath: "", anonymous: false };
    }
    const options = complete(["rprivate", "rw", "nodev", "exec"], false, VOLUME_DEFAULTS);
    const source = inputs.newVolumeName();
    return { kind: "volume", source, destination, options, subPath: "", anonymous: true };
  });
}

const FROM_OPTIONS: readonly string[] = ["z", "ro", "rw"];

/** All binds and volumes of another container, at the same places; not its temporary file systems. */
function volumesFrom({ findContainer, pod }: ConfigInputs, text: string): ContainerMount[] {
  const colon = text.indexOf(":");
  const name = colon === -1 ? text : text.slice(0, colon);
  const options = colon === -1 ? [] : text.slice(colon + 1).split(",");
  const unknown = options.find((option) => !FROM_OPTIONS.includes(option));
  if (unknown !== undefined) {
    throw invalidConfig(
      `invalid option ${JSON.stringify(unknown)} specified - volumes from another container can only use z,ro,rw options`,
    );
  }
  if (options.includes("ro") && options.includes("rw")) {
    throw invalidConfig("cannot set ro or rw options more than once");
  }
  const access = options.find((option) => option !== "z");
  const donor = lookUp(findContainer, name).config;
  const samePod = pod !== undefined && donor.podId === pod.id;
  return donor.mounts
    .filter(({ kind }) => kind === "bind" || kind === "volume" || (kind === "pod-volume" && samePod))
    .map((mount) => (access === undefined ? mount : withAccess(mount, access)));
}

function lookUp(find: ConfigInputs["findContainer"], name: string): ReturnType<typeof find> {
  try {
    return find(name);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw invalidConfig(`looking up container ${JSON.stringify(name)} for volumes-from: ${error.message}`);
  }
}

function withAccess(mount: ContainerMount, access: string): ContainerMount {
  const options = mount.options.filter((option) => option !== "ro" && option !== "rw");
  return { ...mount, options: [...options, access] };
}
