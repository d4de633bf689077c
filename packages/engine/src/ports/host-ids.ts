/** Ids that this machine has for user namespaces. */
import type { IdKind, IdMapping, IdMappings, IdRange } from "@podwright/spec/values/id-map";

export interface HostIds {
  /** Of a name in subuid(5) or subgid(5); none where it has none. */
  subordinate(kind: IdKind, name: string): readonly IdRange[];
  /** The map of the user namespace that we are in: `inside` are our ids, `outside` those of the one around. */
  own(kind: IdKind): readonly IdMapping[];
  /** By its nsfs path, as we see it. @throws CONTAINER_INVALID */
  ofNamespace(path: string): Promise<IdMappings>;
}
