import { expect, test } from "bun:test";
import { mapOwner, mapXattr } from "./map-owners.ts";

const MAPPINGS = {
  uid: [{ inside: 0, outside: 1, size: 100 }],
  gid: [{ inside: 0, outside: 501, size: 100 }],
};

/** Tag, permissions, id. */
function acl(...entries: readonly (readonly [number, number, number])[]): Buffer {
  const value = Buffer.alloc(4 + 8 * entries.length);
  value.writeUInt32LE(2, 0);
  for (const [index, [tag, permissions, id]] of entries.entries()) {
    value.writeUInt16LE(tag, 4 + 8 * index);
    value.writeUInt16LE(permissions, 6 + 8 * index);
    value.writeUInt32LE(id, 8 + 8 * index);
  }
  return value;
}

test("owners, and the users and groups of access control lists", () => {
  expect(mapOwner(MAPPINGS, { uid: 5n, gid: 6n })).toEqual({ uid: 6, gid: 507 });
  const none = 0xffff_ffff;
  const list = acl([1, 6, none], [2, 4, 7], [4, 4, none], [8, 4, 9], [16, 4, none], [32, 0, none]);
  expect(mapXattr(MAPPINGS, "system.posix_acl_access", list)).toEqual(
    acl([1, 6, none], [2, 4, 8], [4, 4, none], [8, 4, 510], [16, 4, none], [32, 0, none]),
  );
  expect(mapXattr(MAPPINGS, "user.mine", list)).toBe(list);
  expect(() => mapOwner(MAPPINGS, { uid: 100n, gid: 0n })).toThrow("files of uid 100");
});
