/** What a ContainerConfig is made of: pure data and questions to the host, gathered once by `create.ts`. */
import type { ContainerRequest } from "@podwright/spec/engine-api/containers";
import type { ImageRunConfig } from "@podwright/spec/oci-image/types";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { HostFacts } from "../../ports/host-facts.ts";
import type { ImageRecord } from "../../ports/image-record.ts";
import type { PodConfig } from "../../ports/pod-record.ts";
import type { Settings } from "../../ports/settings.ts";
import type { NetworkStore } from "../../ports/store.ts";
import type { ChosenUserns } from "../userns/choose-userns.ts";

export interface ConfigInputs {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly request: ContainerRequest;
  readonly image: ImageRecord;
  readonly imageName: string;
  readonly settings: Settings;
  readonly facts: HostFacts;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absent: the host's user namespace. */
  readonly userns?: Pick<ChosenUserns, "mode" | "idMappings" | "user" | "auto" | "account">;
  /** Of the pod that it joins. */
  readonly pod?: PodConfig;
  /** Looks up a network by name or id. */
  readonly networks: Pick<NetworkStore, "find">;
  /** Looks up another container by name or id. @throws CONTAINER_NOT_FOUND */
  readonly findContainer: (nameOrId: string) => ContainerRecord;
  /** The first of the paths that is there on the host. */
  readonly findProgram: (paths: readonly string[]) => string | undefined;
  /** Ids of the images that `--mount type=image` names, by the name given. */
  readonly mountedImages: ReadonlyMap<string, string>;
  /** Paths on the host that match a pattern. */
  readonly glob: (pattern: string) => readonly string[];
  /** A name for an anonymous volume. */
  readonly newVolumeName: () => string;
  /** Collects what the user should know. */
  readonly warn: (text: string) => void;
}

export function imageDefaults(inputs: Pick<ConfigInputs, "image">): ImageRunConfig {
  return inputs.image.config.config ?? {};
}

/** The pod shares the namespace with its members: it has a sandbox, and that one is on its list. */
export function joinsPod(
  pod: PodConfig | undefined,
  namespace: "pid" | "ipc" | "uts" | "net" | "cgroup",
): boolean {
  return pod !== undefined && pod.infraId !== "" && pod.share.includes(namespace);
}

export function invalidConfig(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
