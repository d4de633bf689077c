/** `linux.uidMappings` and `gidMappings`: also for a namespace that is joined, for runtimes ask them for the ids outside. */
import type { IdMapping, IdMappings } from "./id-map.ts";

interface RuntimeMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export function runtimeMappings({ uid, gid }: IdMappings): {
  uidMappings: RuntimeMapping[];
  gidMappings: RuntimeMapping[];
} {
  return { uidMappings: uid.map(named), gidMappings: gid.map(named) };
}

function named({ inside, outside, size }: IdMapping): RuntimeMapping {
  return { containerID: inside, hostID: outside, size };
}
