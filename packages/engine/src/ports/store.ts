/** The engine's memory: what was asked for, in short transactions. One port per noun. */
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import type { ContainerConfig, ContainerRecord, ContainerState, Phase } from "./container-record.ts";
import type { ImageRecord, LayerRecord } from "./image-record.ts";
import type { JobStore } from "./job-record.ts";
import type { PlayStore } from "./play-record.ts";
import type { ProcessIdentity } from "./processes.ts";
import type { PodConfig, PodRecord, PodState } from "./pod-record.ts";
import type { SecretRecord } from "./secret-record.ts";
import type { VolumeRecord } from "./volume-record.ts";

/** No more of it: a hundred commands at once each look at what the ninety-nine others are at. */
export interface UnfinishedContainer {
  readonly id: string;
  readonly owner?: ProcessIdentity;
}

export interface ContainerStore {
  /** One transaction: the row, its dependencies and its volumes. @throws CONTAINER_NAME_IN_USE */
  add(record: ContainerRecord, volumes: readonly string[]): void;
  get(id: string): ContainerRecord | undefined;
  /** Exact name or id first, then a unique id prefix. @throws CONTAINER_NOT_FOUND, CONTAINER_NAME_AMBIGUOUS */
  find(nameOrId: string): ContainerRecord;
  findByName(name: string): ContainerRecord | undefined;
  /** In order of creation; those being created are left out unless asked for. */
  list(options?: { readonly podId?: string; readonly includeCreating?: boolean }): ContainerRecord[];
  /** Of all, whatever their phase. */
  ids(): string[];
  /** Those whose phase is not `ready`: being made, being removed, or left behind by a killed command. */
  unfinished(): UnfinishedContainer[];
  /** `owner` is who works on it, for the phases other than `ready`. */
  setPhase(id: string, phase: Phase, owner?: ProcessIdentity): void;
  /** Replaces the state by what `change` makes of the present one, in one transaction; undefined when gone. */
  updateState(id: string, change: (state: ContainerState) => ContainerState): ContainerState | undefined;
  /** For `update`: what was asked for is another thing from now on. */
  updateConfig(id: string, change: (config: ContainerConfig) => ContainerConfig): ContainerConfig | undefined;
  rename(id: string, name: string): void;
  remove(id: string): void;
  /** Ids of containers that name this one as a dependency. */
  dependents(id: string): string[];
  usingVolume(volume: string): string[];
  usingImage(imageId: string): string[];
}

export interface PodStore {
  /** The pod and its infra record, in one transaction. @throws POD_NAME_IN_USE, CONTAINER_NAME_IN_USE */
  add(record: PodRecord, infra: ContainerRecord | undefined): void;
  get(id: string): PodRecord | undefined;
  /** @throws POD_NOT_FOUND, POD_NAME_AMBIGUOUS */
  find(nameOrId: string): PodRecord;
  findByName(name: string): PodRecord | undefined;
  list(options?: { readonly includeCreating?: boolean }): PodRecord[];
  ids(): string[];
  unfinished(): PodRecord[];
  setPhase(id: string, phase: Phase, owner?: ProcessIdentity): void;
  updateState(id: string, change: (state: PodState) => PodState): PodState | undefined;
  updateConfig(id: string, change: (config: PodConfig) => PodConfig): PodConfig | undefined;
  /** The pod and its infra record. */
  remove(id: string): void;
}

export interface ImageStore {
  /** Adds the image or, where it is there, adds to its names; a name moves from the image that had it. */
  put(record: ImageRecord): void;
  get(id: string): ImageRecord | undefined;
  byName(name: string): ImageRecord | undefined;
  byDigest(digest: string): ImageRecord[];
  byIdPrefix(prefix: string): ImageRecord[];
  list(): ImageRecord[];
  /** Moves the name here from whatever had it. */
  addName(id: string, name: string): void;
  removeName(id: string, name: string): void;
  remove(id: string): void;
  putLayer(layer: LayerRecord): void;
  layer(chainId: string): LayerRecord | undefined;
  layers(): LayerRecord[];
  /** The layer that a compressed blob gave, if it still stands. */
  layersByBlob(digest: string): LayerRecord[];
  /** Removes those that no image uses; gives their chainIDs. */
  removeUnusedLayers(candidates: readonly string[]): string[];
}

export interface VolumeStore {
  /** @throws VOLUME_NAME_IN_USE */
  add(record: VolumeRecord): void;
  get(name: string): VolumeRecord | undefined;
  /** A name or a unique prefix. @throws VOLUME_NOT_FOUND */
  find(name: string): VolumeRecord;
  list(): VolumeRecord[];
  update(name: string, change: (record: VolumeRecord) => VolumeRecord): void;
  remove(name: string): void;
}

export interface Lease {
  readonly network: string;
  /** Without prefix length. */
  readonly address: string;
  /** Id of the pod or container. */
  readonly owner: string;
  readonly mac: string;
  readonly interfaceName: string;
}

export interface NetworkStore {
  /** @throws NETWORK_NAME_IN_USE */
  add(network: NetworkConfig): void;
  find(nameOrId: string): NetworkConfig;
  get(name: string): NetworkConfig | undefined;
  list(): NetworkConfig[];
  /** Replaces the record of that name, if it is there. */
  update(network: NetworkConfig): void;
  remove(name: string): void;
  /** Takes the first free address of `candidates` (lazily produced) in one transaction; undefined when none is free. */
  lease(lease: Omit<Lease, "address">, candidates: Iterable<string>): string | undefined;
  leases(filter: { readonly network?: string; readonly owner?: string }): Lease[];
  /** All of the owner's, or those in one network. */
  release(owner: string, network?: string): void;
  /** A counter, from 1, that never repeats within this store: "link" names host ends, "lease <network>" walks on. */
  nextSerial(counter: string): number;
}

export interface SecretStore {
  /** Takes the place of a secret of that name. */
  put(record: SecretRecord): void;
  byName(name: string): SecretRecord | undefined;
  /** Exact id or name first, then a unique id prefix. @throws SECRET_NOT_FOUND, SECRET_INVALID where ambiguous */
  find(nameOrId: string): SecretRecord;
  /** By name. */
  list(): SecretRecord[];
  remove(id: string): void;
}

export interface Store {
  readonly containers: ContainerStore;
  readonly pods: PodStore;
  readonly images: ImageStore;
  readonly volumes: VolumeStore;
  readonly networks: NetworkStore;
  readonly plays: PlayStore;
  readonly secrets: SecretStore;
  readonly jobs: JobStore;
  /** Another one after each change that anybody has made; cheap to ask for. */
  revision(): string;
  /** Several changes as one. */
  transaction<T>(work: () => T): T;
  close(): void;
}
