/** Which user namespace a new container or pod gets; ranges that are its own are allotted with its row. */
import type { UsernsRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { IdMappings } from "@podwright/spec/values/id-map";
import type { ContainerRecord, HostAccount, MemberNamespaceMode } from "../../ports/container-record.ts";
import type { PodConfig } from "../../ports/pod-record.ts";
import type { Store } from "../../ports/store.ts";
import type { UsernsHost } from "../create-context.ts";
import { allotRange, autoSize } from "./auto-range.ts";
import { mappable, resolveUserns } from "./resolve-userns.ts";

export interface ChosenUserns {
  readonly mode: MemberNamespaceMode;
  readonly idMappings?: IdMappings;
  /** As whom the container runs unless it says so. */
  readonly user?: string;
  /** Whom the container is to know by name. */
  readonly account?: HostAccount;
  /** Call in the transaction that notes the result. @throws CONTAINER_INVALID when too few are left */
  readonly allot?: () => IdMappings;
  /** What its ids were allotted for. */
  readonly auto?: string;
}

interface Chooser {
  readonly host: UsernsHost;
  readonly store: Pick<Store, "containers" | "pods">;
  /** Ids that are needed where the user does not say how many. */
  readonly needed: () => number;
}

/** @throws CONTAINER_INVALID, CONTAINER_NOT_FOUND */
export async function chooseUserns(
  { host, store, needed }: Chooser,
  request: UsernsRequest,
): Promise<ChosenUserns> {
  const findContainer = (nameOrId: string): ContainerRecord => store.containers.find(nameOrId);
  const resolved = await resolveUserns({ ...host, findContainer }, request);
  switch (resolved.kind) {
    case "host":
      return { mode: { kind: "host" } };
    case "private": {
      const { user, named } = resolved;
      const idMappings = mappable(host, resolved.idMappings);
      const account = named === true ? await host.account() : undefined;
      return {
        mode: { kind: "private" },
        idMappings,
        ...(user === undefined ? {} : { user }),
        ...(account === undefined ? {} : { account }),
      };
    }
    case "auto": {
      const { auto } = resolved;
      const size = autoSize(auto, auto.size === undefined ? needed() : 0);
      return {
        mode: { kind: "private" },
        allot: () => mappable(host, allotRange(auto, size, usedBy(store))),
        auto: request.mode ?? "auto",
      };
    }
    case "container": {
      const { container, idMappings } = resolved;
      return { mode: { kind: "container", container }, ...(idMappings === undefined ? {} : { idMappings }) };
    }
    case "path":
      return { mode: { kind: "path", path: resolved.path }, idMappings: resolved.idMappings };
    default:
      return resolved satisfies never;
  }
}

/** Of all that there is in the store, also of what is being made or removed. */
function usedBy({ containers, pods }: Pick<Store, "containers" | "pods">): IdMappings[] {
  const configs = [...containers.list({ includeCreating: true }), ...pods.list()];
  return configs.flatMap(({ config: { idMappings } }) => (idMappings === undefined ? [] : [idMappings]));
}

/** Those of a pod's member. @throws POD_MEMBER_CONFLICT */
export function memberUserns(
  request: UsernsRequest | undefined,
  { idMappings, usernsUser: user }: Pick<PodConfig, "idMappings" | "usernsUser">,
): ChosenUserns | undefined {
  if (request !== undefined && (request.uidmap.length > 0 || request.gidmap.length > 0)) {
    throw new EngineError(
      "POD_MEMBER_CONFLICT",
      "cannot specify a new uid/gid map when entering a pod with an infra container: invalid argument",
    );
  }
  if (idMappings === undefined) return undefined;
  return { mode: { kind: "pod" }, idMappings, ...(user === undefined ? {} : { user }) };
}
