/** Owners of an image's files as ids outside of a container's user namespace, in access control lists, too. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { type IdKind, type IdMappings, outsideId } from "@podwright/spec/values/id-map";

/** acl(5), linux/posix_acl_xattr.h: a version, then entries of tag, permissions and id. */
const ACL = { header: 4, entry: 8, id: 4, user: 0x02, group: 0x08 } as const;
const ACL_NAME = /^system\.posix_acl_/;

/** @throws CONTAINER_INVALID for an id that the namespace does not have */
export function mapOwner(
  mappings: IdMappings,
  { uid, gid }: { readonly uid: bigint; readonly gid: bigint },
): { readonly uid: number; readonly gid: number } {
  return { uid: mapId(mappings, "uid", Number(uid)), gid: mapId(mappings, "gid", Number(gid)) };
}

/** The value of an extended attribute: ids in it are mapped, others stay. @throws CONTAINER_INVALID */
export function mapXattr(mappings: IdMappings, key: string, value: Buffer): Buffer {
  if (!ACL_NAME.test(key)) return value;
  const mapped = Buffer.from(value);
  for (let at = ACL.header; at + ACL.entry <= mapped.length; at += ACL.entry) {
    const tag = mapped.readUInt16LE(at);
    const kind = tag === ACL.user ? "uid" : tag === ACL.group ? "gid" : undefined;
    if (kind === undefined) continue;
    mapped.writeUInt32LE(mapId(mappings, kind, mapped.readUInt32LE(at + ACL.id)), at + ACL.id);
  }
  return mapped;
}

function mapId(mappings: IdMappings, kind: IdKind, id: number): number {
  const found = outsideId(mappings[kind], id);
  if (found !== undefined) return found;
  throw new EngineError(
    "CONTAINER_INVALID",
    `the image has files of ${kind} ${id}, which the container's user namespace does not have`,
    {
      hint: "map more ids: a larger size, or another --uidmap and --gidmap; more can be in /etc/subuid and /etc/subgid",
    },
  );
}
