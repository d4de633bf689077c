/** What was asked for of user namespaces, resolved against the machine: which namespace, and the maps of a new one. */
import type { UsernsRequest } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import {
  checkIdMap,
  cutAtParent,
  type IdKind,
  type IdMapContext,
  type IdMapping,
  type IdMappings,
  parseIdMap,
} from "@podwright/spec/values/id-map";
import { parseUsernsMode, type UsernsMode } from "@podwright/spec/values/userns-mode";
import { existsSync } from "node:fs";
import type { ContainerRecord } from "../../ports/container-record.ts";
import type { HostIds } from "../../ports/host-ids.ts";
import type { AutoUserns } from "./auto-range.ts";

export interface UsernsContext {
  readonly ids: HostIds;
  /** We are root in an ordinary user's namespace; the user's ids on the host. */
  readonly rootless?: { readonly uid: number; readonly gid: number };
  readonly findContainer: (nameOrId: string) => ContainerRecord;
}

export type ResolvedUserns =
  | { readonly kind: "host" }
  | {
      readonly kind: "private";
      readonly idMappings: IdMappings;
      /** As whom the container runs unless it says so. */
      readonly user?: string;
      /** The container knows the engine's user by name. */
      readonly named?: boolean;
    }
  /** The range is allotted with the row that holds it. */
  | { readonly kind: "auto"; readonly auto: AutoUserns }
  | { readonly kind: "container"; readonly container: string; readonly idMappings?: IdMappings }
  | { readonly kind: "path"; readonly path: string; readonly idMappings: IdMappings };

/** As the kernel takes them from whoever we are. @throws CONTAINER_INVALID for ids that we do not have */
export function mappable(
  { ids, rootless }: Pick<UsernsContext, "ids" | "rootless">,
  { uid, gid }: IdMappings,
): IdMappings {
  if (rootless === undefined) return { uid, gid };
  return { uid: cutAtParent(uid, ids.own("uid"), "uid"), gid: cutAtParent(gid, ids.own("gid"), "gid") };
}

/** @throws CONTAINER_INVALID, CONTAINER_NOT_FOUND */
export async function resolveUserns(ctx: UsernsContext, request: UsernsRequest): Promise<ResolvedUserns> {
  const mode = parseUsernsMode(request.mode ?? "");
  const maps = givenMaps(ctx, request);
  if (mode.kind === "auto") {
    const parse = (values: readonly string[], kind: IdKind): IdMapping[] =>
      parseIdMap(values, kind, { ...mapContext(ctx, kind), fill: false });
    return {
      kind: "auto",
      auto: {
        ...(mode.size === undefined || mode.size === 0 ? {} : { size: mode.size }),
        fixed: { uid: parse(mode.uidMappings, "uid"), gid: parse(mode.gidMappings, "gid") },
        available: availableRanges(ctx),
      },
    };
  }
  if (maps !== undefined) return { kind: "private", idMappings: checked(maps) };
  return resolveMode(ctx, mode);
}

async function resolveMode(
  ctx: UsernsContext,
  mode: Exclude<UsernsMode, { kind: "auto" }>,
): Promise<ResolvedUserns> {
  switch (mode.kind) {
    case "host":
      return { kind: "host" };
    case "private":
      throw invalid("must provide at least one UID or GID mapping to configure a user namespace");
    case "nomap":
      return noMap(ctx);
    case "keep-id":
      return keepId(ctx, mode);
    case "container":
      return joined(ctx, mode.container);
    case "path":
      if (!existsSync(mode.path)) {
        throw invalid(`cannot find specified user namespace path: ${mode.path}: no such file or directory`);
      }
      return { kind: "path", path: mode.path, idMappings: await ctx.ids.ofNamespace(mode.path) };
    default:
      return mode satisfies never;
  }
}

function joined({ findContainer }: UsernsContext, name: string): ResolvedUserns {
  let config: ContainerRecord["config"];
  try {
    ({ config } = findContainer(name));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw invalid(`looking up container to share user namespace with: ${error.message}`);
  }
  const { idMappings } = config;
  return { kind: "container", container: config.id, ...(idMappings === undefined ? {} : { idMappings }) };
}

/** Root is mapped to itself with all ids that there are; an ordinary user to the same number inside. */
function keepId(ctx: UsernsContext, { uid, gid, size }: UsernsMode & { kind: "keep-id" }): ResolvedUserns {
  const { rootless } = ctx;
  if (rootless === undefined) {
    if (size !== undefined) {
      throw invalid("cannot set max size for user namespace when not running rootless");
    }
    const whole = (kind: IdKind): IdMapping[] =>
      ctx.ids.own(kind).map((piece) => ({ ...piece, outside: piece.inside }));
    const idMappings = { uid: whole("uid"), gid: whole("gid") };
    return { kind: "private", idMappings, user: `${uid ?? 0}:${gid ?? 0}` };
  }
  const [asUser, asGroup] = [uid ?? rootless.uid, gid ?? rootless.gid];
  const idMappings = checked({
    uid: keepOne(countIds(ctx, "uid"), asUser, size),
    gid: keepOne(countIds(ctx, "gid"), asGroup, size),
  });
  const named = uid === undefined && gid === undefined;
  return { kind: "private", idMappings, user: `${asUser}:${asGroup}`, named };
}

/** Ids beside the user's own, which is 0 where we are. */
function countIds({ ids }: UsernsContext, kind: IdKind): number {
  return ids.own(kind).reduce((sum, piece) => sum + piece.size, 0) - 1;
}

function keepOne(all: number, id: number, size: number | undefined): IdMapping[] {
  const others = size === undefined || size === 0 ? all : Math.min(all, size - 1);
  const below = Math.min(id, others);
  return [
    ...(below > 0 ? [{ inside: 0, outside: 1, size: below }] : []),
    { inside: id, outside: 0, size: 1 },
    ...(others > id ? [{ inside: id + 1, outside: id + 1, size: others - id }] : []),
  ];
}

function noMap(ctx: UsernsContext): ResolvedUserns {
  if (ctx.rootless === undefined) throw invalid("nomap is only supported in rootless mode");
  const all = (kind: IdKind): IdMapping[] => [{ inside: 0, outside: 1, size: countIds(ctx, kind) }];
  if (countIds(ctx, "uid") === 0 || countIds(ctx, "gid") === 0) {
    throw invalid(
      "nomap requires additional UIDs or GIDs defined in /etc/subuid and /etc/subgid to function correctly",
    );
  }
  return { kind: "private", idMappings: { uid: all("uid"), gid: all("gid") }, user: "0:0" };
}

/** undefined where none were. One kind alone counts for both, but for what is marked as of the other. */
function givenMaps(ctx: UsernsContext, request: UsernsRequest): IdMappings | undefined {
  const { uidmap, gidmap, subuidName, subgidName } = request;
  const uids = uidmap.length === 0 ? gidmap : uidmap;
  const gids = gidmap.length === 0 ? uidmap : gidmap;
  const uidName = subuidName ?? subgidName;
  const gidName = subgidName ?? subuidName;
  if (uids.length === 0 && uidName === undefined) return undefined;
  const mapsOf = (kind: IdKind, values: readonly string[], name: string | undefined): IdMapping[] => [
    ...(name === undefined ? [] : inARow(ctx, kind, name)),
    ...parseIdMap(values, kind, mapContext(ctx, kind)),
  ];
  const uid = mapsOf("uid", uids, uidName);
  const gid = mapsOf("gid", gids, gidName);
  // What says nothing of one kind leaves it as it is.
  return { uid: uid.length === 0 ? same(ctx, "uid") : uid, gid: gid.length === 0 ? same(ctx, "gid") : gid };
}

function same({ ids }: UsernsContext, kind: IdKind): IdMapping[] {
  return ids.own(kind).map(({ inside, size }) => ({ inside, outside: inside, size }));
}

function inARow(ctx: UsernsContext, kind: IdKind, name: string): IdMapping[] {
  const { ids, rootless } = ctx;
  let next = 0;
  const mappings = ids.subordinate(kind, name).flatMap(({ first, size }) => {
    const inside = next;
    next += size;
    if (rootless === undefined) return [{ inside, outside: first, size }];
    // The file has the host's ids, of which an ordinary user can map those that are in the user's own map.
    return parseIdMap([`${inside}:@${first}:${size}`], kind, mapContext(ctx, kind));
  });
  if (mappings.length > 0) return mappings;
  throw invalid(
    `no sub${kind} ranges found for ${kind === "uid" ? "user" : "group"} "${name}" in /etc/sub${kind}`,
  );
}

function mapContext({ ids, rootless }: UsernsContext, kind: IdKind): IdMapContext {
  return { parent: ids.own(kind), fill: rootless !== undefined };
}

/** Root's are those of the name "containers"; a user's are all but the user's own. */
function availableRanges(ctx: UsernsContext): AutoUserns["available"] {
  if (ctx.rootless !== undefined) {
    return {
      uid: [{ first: 1, size: countIds(ctx, "uid") }],
      gid: [{ first: 1, size: countIds(ctx, "gid") }],
    };
  }
  const uid = ctx.ids.subordinate("uid", "containers");
  const gid = ctx.ids.subordinate("gid", "containers");
  if (uid.length > 0 && gid.length > 0) return { uid, gid };
  const lacking = [
    ...(uid.length === 0 ? ["/etc/subuid"] : []),
    ...(gid.length === 0 ? ["/etc/subgid"] : []),
  ];
  throw new EngineError(
    "CONTAINER_INVALID",
    `cannot find mappings for user "containers": no ids in ${lacking.join(" and ")}`,
    { hint: `have "containers:2147483647:2147483648" in ${lacking.join(" and ")}` },
  );
}

function checked(mappings: IdMappings): IdMappings {
  checkIdMap(mappings.uid, "uid");
  checkIdMap(mappings.gid, "gid");
  return mappings;
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
