/** What can be made of a container: an image of its files, another container of its configuration. */
import type { Labels, Limits } from "./common.ts";
import type { PullProgress } from "./images.ts";

/** `container clone`: absent members are the original's. */
export interface CloneContainerRequest {
  /** Absent: the original's with "-clone". */
  readonly name?: string;
  /** Instead of its own image. */
  readonly image?: string;
  /** Joins this pod instead of its own. */
  readonly pod?: string;
  readonly limits: Limits;
  /** The original goes; with `force` also one that runs. */
  readonly destroy: boolean;
  readonly force: boolean;
  /** The clone is started. */
  readonly run: boolean;
  /** Ids that the original refers to, and those that the clone refers to instead. */
  readonly instead?: Labels;
}

export interface CommitRequest {
  /** The new image's name. */
  readonly image?: string;
  readonly author?: string;
  /** Dockerfile-like instructions: `CMD …`, `ENV …`. */
  readonly changes: readonly string[];
  /** A container configuration as Docker's API has it, as JSON. */
  readonly config?: string;
  readonly format: "oci" | "docker";
  /** All mounts are volumes of the image, not only the anonymous ones. */
  readonly includeVolumes: boolean;
  /** Of the history; in the docker format only. */
  readonly message?: string;
  /** A running container does not run while its files are read. */
  readonly pause: boolean;
  /** One layer with all files takes the place of the image's. */
  readonly squash: boolean;
}

export interface ContainerCopies {
  /** Another container of the same configuration, never yet run. Gives its id. */
  clone(
    nameOrId: string,
    request: CloneContainerRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  /** Gives the new image's id. */
  commit(
    nameOrId: string,
    request: CommitRequest,
    progress: (event: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<string>;
}
