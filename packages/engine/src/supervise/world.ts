/** Reads the world for the supervisor, parsing the records again only where something was written. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "./watch.ts";

export interface WorldSources {
  readonly store: Pick<Store, "containers" | "pods" | "revision">;
  /** `pod` is the record's pod, undefined for a container without one. */
  readonly status: (record: ContainerRecord, pod: PodRecord | undefined) => ContainerStatus;
}

interface Records {
  /** Of before the reading: a change in between is read again. */
  readonly revision: string;
  readonly containers: readonly ContainerRecord[];
  readonly pods: readonly PodRecord[];
}

/** The result gives the same world again while nothing was written, unless asked for a fresh one. */
export function worldReader(sources: WorldSources): (fresh: boolean) => World {
  let records: Records | undefined;
  let world: World | undefined;
  return (fresh) => {
    const revision = sources.store.revision();
    if (records?.revision !== revision) records = readRecords(sources, revision);
    else if (world !== undefined && !fresh) return world;
    world = withStatus(sources, records);
    return world;
  };
}

function readRecords({ store }: WorldSources, revision: string): Records {
  return { revision, containers: store.containers.list(), pods: store.pods.list() };
}

function withStatus({ status }: WorldSources, { containers, pods }: Records): World {
  const podsById = new Map(pods.map((pod) => [pod.config.id, pod]));
  return {
    pods,
    containers: containers.map((record) => ({
      record,
      status: status(record, podsById.get(record.config.podId)),
    })),
  };
}
