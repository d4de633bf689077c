/** What generating works with: the store, and questions to the host; it changes nothing. */
import type { Ulimit } from "@podwright/spec/engine-api/containers";
import type { ImageRunConfig } from "@podwright/spec/oci-image/types";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { MountFlags } from "../../ports/host-facts.ts";
import type { ContainersConf, Settings } from "../../ports/settings.ts";
import type { Store } from "../../ports/store.ts";
import type { HostPathType } from "../play-plan.ts";
import type { Losses } from "./losses.ts";

export interface GenerateContext {
  readonly settings: Pick<Settings, "config" | "cgroup">;
  readonly store: Pick<Store, "containers" | "pods" | "images" | "volumes">;
  readonly host: GenerateHost;
}

export interface GenerateHost {
  /** What a container gets that asks for no limits. */
  readonly defaultUlimits: () => readonly Ulimit[];
  /** What the file system forbids; undefined when nothing is there. */
  readonly mountFlags: (path: string) => MountFlags | undefined;
  /** What is there, links followed: DirectoryOrCreate for nothing. */
  readonly hostPathType: (path: string) => HostPathType;
  /** Who a user of the container is, by the image's own files; undefined when they do not know. */
  readonly findUser: (
    config: ContainerConfig,
    user: string,
  ) => { readonly uid: number; readonly gid: number } | undefined;
}

/** What the parts of one pod are written with. */
export interface Writing {
  readonly conf: ContainersConf;
  /** The parent of cgroups that nobody chose. */
  readonly cgroup: string;
  readonly host: GenerateHost;
  readonly losses: Losses;
  /** Podman's reserved annotations too. */
  readonly podmanOnly: boolean;
  /** A Service publishes the ports: containers name no host ports. */
  readonly service: boolean;
  /** What the container's image says; {} when it is gone. */
  readonly image: (config: ContainerConfig) => ImageRunConfig;
}

/** Behind the loss of what an annotation can keep. */
export const ANNOTATION_HINT = "; --podman-only writes an annotation for Podman";

/** How messages name a container. */
export function subjectOf({ name }: Pick<ContainerConfig, "name">): string {
  return `container ${name}`;
}
