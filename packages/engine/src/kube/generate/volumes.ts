/** Mounts of a pod's containers as volumeMounts, and the pod's volumes behind them, each written once. */
import type { PodVolume } from "@podwright/spec/engine-api/pods";
import type { ConfigMap, EmptyDirVolumeSource, Volume, VolumeMount } from "@podwright/spec/kube/types";
import type { ContainerConfig, ContainerMount } from "../../ports/container-record.ts";
import { subjectOf, type Writing } from "./context.ts";
import { configMapOf } from "./config-map.ts";
import { parseDevice } from "@podwright/spec/values/device";
import { compact, whenTrue } from "./members.ts";
import { lostOptions, memorySize } from "./mount-options.ts";
import { claimName, label, unusedLabel } from "./names.ts";
import { bytesQuantity } from "./quantity.ts";

export interface PodVolumes {
  /** The pod's name, for objects that are made for its volumes. */
  readonly podName: string;
  readonly own: readonly PodVolume[];
  /** Volumes of the manifest that the pod was played from: those of the pod's own keep their source. */
  readonly played: readonly Volume[];
}

export class VolumeWriter {
  readonly #writing: Writing;
  readonly #pod: PodVolumes;
  readonly #volumes = new Map<string, Volume>();
  readonly #names = new Set<string>();
  readonly #counts = { host: 0, tmp: 0 };
  /** Names of the engine's volumes that claims stand for. */
  readonly claimed = new Set<string>();
  readonly configMaps: ConfigMap[] = [];

  constructor(writing: Writing, pod: PodVolumes) {
    this.#writing = writing;
    this.#pod = pod;
    for (const { name } of pod.own) this.#names.add(name);
  }

  volumes(): readonly Volume[] {
    return [...this.#volumes.values()];
  }

  mounts(config: ContainerConfig): readonly VolumeMount[] {
    this.#noteIgnoredImageVolumes(config);
    return [...this.#ordinaryMounts(config), ...config.devices.flatMap((text) => this.#device(config, text))];
  }

  /** A node of the host's is a volume of the type CharDevice or BlockDevice. */
  #device(config: ContainerConfig, text: string): VolumeMount[] {
    const { source, destination, permissions } = parseDevice(text);
    const type = this.#writing.host.hostPathType(source);
    if (type !== "CharDevice" && type !== "BlockDevice") {
      this.#lost(config, `the host's device ${text} is left out: it is no single device`);
      return [];
    }
    if (!config.security.privileged) {
      this.#lost(
        config,
        `the host's device ${source} is a volume, which Kubernetes lets privileged containers use`,
      );
    }
    const readOnly = permissions === "r";
    if (!readOnly && permissions !== "rwm") {
      this.#lost(config, `the permissions ${permissions} of the device ${source} are left out`);
    }
    const volume = this.#once(`host ${source}`, () => this.#hostPath(source));
    return [
      compact<VolumeMount>({ name: volume.name, mountPath: destination, readOnly: whenTrue(readOnly) }),
    ];
  }

  #ordinaryMounts(config: ContainerConfig): readonly VolumeMount[] {
    return config.mounts.flatMap((mount) => {
      const volume = this.#volume(config, mount);
      if (volume === undefined) return [];
      if (mount.destination.includes(":")) {
        this.#lost(
          config,
          `the mount at ${mount.destination} is left out: Kubernetes takes no path with a colon`,
        );
        return [];
      }
      return [
        compact<VolumeMount>({
          name: volume.name,
          mountPath: mount.destination,
          readOnly: whenTrue(mount.kind !== "image" && mount.options.includes("ro")),
          subPath: mount.subPath === "" ? undefined : mount.subPath,
          mountPropagation: this.#propagation(config, mount),
        }),
      ];
    });
  }

  /** The volume of a mount, made where no other mount has made it; undefined for what a manifest does not say. */
  #volume(config: ContainerConfig, mount: ContainerMount): Volume | undefined {
    for (const text of lostOptions(mount, this.#writing.host)) this.#lost(config, text);
    switch (mount.kind) {
      case "bind":
        return this.#once(`host ${mount.source}`, () => this.#hostPath(mount.source));
      case "volume":
        return mount.anonymous ? this.#anonymous(config, mount) : this.#claim(config, mount.source);
      case "tmpfs":
      case "ramfs":
        return this.#once(`memory ${config.id} ${mount.destination}`, () => ({
          name: this.#name(`tmp-${this.#counts.tmp++}`),
          emptyDir: memory(memorySize(mount)),
        }));
      case "image":
        return this.#once(`image ${mount.source}`, () => ({
          name: this.#name(`${label(mount.source, 56)}-image`),
          image: { reference: mount.source },
        }));
      case "pod-volume":
        return this.#once(`pod ${mount.source}`, () => this.#podVolume(mount.source));
      case "devpts":
        this.#lost(config, `the devpts at ${mount.destination} is left out`);
        return undefined;
      default:
        return mount.kind satisfies never;
    }
  }

  #once(key: string, make: () => Volume): Volume {
    const known = this.#volumes.get(key);
    if (known !== undefined) return known;
    const volume = make();
    this.#volumes.set(key, volume);
    return volume;
  }

  #name(wanted: string): string {
    return unusedLabel(wanted, this.#names);
  }

  #hostPath(path: string): Volume {
    const name = this.#name(`${path === "/" ? "root" : label(path, 50)}-host-${this.#counts.host++}`);
    const type = this.#writing.host.hostPathType(path);
    return { name, hostPath: compact({ path, type: type === "" ? undefined : type }) };
  }

  #claim(config: ContainerConfig, volume: string): Volume {
    const claim = claimName(volume);
    if (claim !== volume) this.#lost(config, `the volume ${volume} is written as the claim ${claim}`);
    this.claimed.add(volume);
    return this.#once(`claim ${volume}`, () => ({
      name: this.#name(`${label(volume, 59)}-pvc`),
      persistentVolumeClaim: { claimName: claim },
    }));
  }

  /** One that the image declares comes with the image; any other is as good as an empty directory of the pod. */
  #anonymous(config: ContainerConfig, { source, destination }: ContainerMount): Volume | undefined {
    if (config.image.volumes.some((path) => path.replace(/(?<=.)\/+$/, "") === destination)) return undefined;
    return this.#once(`empty ${source}`, () => ({ name: this.#name(label(destination)), emptyDir: {} }));
  }

  #podVolume(name: string): Volume {
    const played = this.#pod.played.find((volume) => volume.name === name);
    if (played !== undefined) return played;
    const content = this.#pod.own.find((volume) => volume.name === name)?.content;
    if (content?.kind === "memory") return { name, emptyDir: memory(content.size) };
    if (content?.kind !== "files") return { name, emptyDir: {} };
    const { object, volume } = configMapOf(this.#pod.podName, name, content.files);
    this.configMaps.push(object);
    return volume;
  }

  #propagation(config: ContainerConfig, { options }: ContainerMount): VolumeMount["mountPropagation"] {
    if (options.includes("rslave") || options.includes("slave")) return "HostToContainer";
    if (!options.includes("rshared") && !options.includes("shared")) return undefined;
    if (config.security.privileged) return "Bidirectional";
    this.#lost(
      config,
      "shared mount propagation is left out: Kubernetes takes it of privileged containers only",
    );
    return undefined;
  }

  #noteIgnoredImageVolumes(config: ContainerConfig): void {
    for (const path of config.image.volumes) {
      const there = config.mounts.some(({ destination }) => destination === path.replace(/(?<=.)\/+$/, ""));
      if (!there) this.#lost(config, `the image's volume ${path} is ignored, which a manifest cannot say`);
    }
  }

  #lost(config: ContainerConfig, text: string): void {
    this.#writing.losses.add(subjectOf(config), text);
  }
}

function memory(size: number | undefined): EmptyDirVolumeSource {
  return compact<EmptyDirVolumeSource>({
    medium: "Memory",
    sizeLimit: size === undefined ? undefined : bytesQuantity(size),
  });
}
