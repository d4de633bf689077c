import { describe, expect, test } from "bun:test";
import type { UsernsRequest } from "@podwright/spec/engine-api/containers";
import { checkIdMap, insideId, outsideId } from "@podwright/spec/values/id-map";
import fc from "fast-check";
import { mappable, resolveUserns, type UsernsContext } from "./resolve-userns.ts";

const OWN = [
  { inside: 0, outside: 1000, size: 1 },
  { inside: 1, outside: 100_000, size: 65_536 },
];
const USER: UsernsContext = {
  ids: {
    own: () => OWN,
    subordinate: (_kind, name) => (name === "alice" ? [{ first: 100_000, size: 65_536 }] : []),
    ofNamespace: async () => ({ uid: [], gid: [] }),
  },
  rootless: { uid: 1000, gid: 1000 },
  findContainer: () => {
    throw new Error("no containers");
  },
};

async function resolved(request: Partial<UsernsRequest>) {
  const found = await resolveUserns(USER, { uidmap: [], gidmap: [], ...request });
  if (found.kind !== "private") throw new Error(`it is ${found.kind}`);
  return { ...found, idMappings: mappable(USER, found.idMappings) };
}

describe("an ordinary user's", () => {
  test("keep-id: the user's number inside is the user, known by name unless another was asked for", async () => {
    const kept = await resolved({ mode: "keep-id" });
    expect([kept.user, kept.named]).toEqual(["1000:1000", true]);
    expect(kept.idMappings.uid).toEqual([
      { inside: 0, outside: 1, size: 1000 },
      { inside: 1000, outside: 0, size: 1 },
      { inside: 1001, outside: 1001, size: 64_536 },
    ]);
    const other = await resolved({ mode: "keep-id:uid=5,size=10" });
    expect([other.user, other.named]).toEqual(["5:1000", false]);
    expect(other.idMappings.uid).toEqual([
      { inside: 0, outside: 1, size: 5 },
      { inside: 5, outside: 0, size: 1 },
      { inside: 6, outside: 6, size: 4 },
    ]);
  });

  test("keep-id with any numbers: a map that the kernel takes, in which nobody is lost or there twice", async () => {
    const number = fc.nat(70_000);
    await fc.assert(
      fc.asyncProperty(
        number,
        number,
        fc.option(fc.integer({ min: 2, max: 70_000 })),
        async (uid, gid, size) => {
          const limit = size === null ? "" : `,size=${size}`;
          const { idMappings } = await resolved({ mode: `keep-id:uid=${uid},gid=${gid}${limit}` });
          for (const [kind, id] of [
            ["uid", uid],
            ["gid", gid],
          ] as const) {
            const mappings = idMappings[kind];
            checkIdMap(mappings, kind);
            expect(outsideId(mappings, id)).toBe(0);
            expect(insideId(mappings, 0)).toBe(id);
            const count = mappings.reduce((sum, piece) => sum + piece.size, 0);
            expect(count).toBe(size === null ? 65_537 : Math.min(size, 65_537));
          }
        },
      ),
    );
  });

  test("nomap has all but the user", async () => {
    const { idMappings, user } = await resolved({ mode: "nomap" });
    expect([user, idMappings.gid]).toEqual(["0:0", [{ inside: 0, outside: 1, size: 65_536 }]]);
  });

  test("maps count the user's own ids; @ and names are of the host", async () => {
    expect((await resolved({ uidmap: ["0:0:10"] })).idMappings.uid).toEqual([
      { inside: 0, outside: 0, size: 1 },
      { inside: 1, outside: 1, size: 9 },
    ]);
    expect((await resolved({ uidmap: ["0:@100000:10"] })).idMappings.gid).toEqual([
      { inside: 0, outside: 1, size: 10 },
    ]);
    expect((await resolved({ subuidName: "alice" })).idMappings.uid).toEqual([
      { inside: 0, outside: 1, size: 65_536 },
    ]);
    await expect(resolved({ uidmap: ["0:100000:10"] })).rejects.toThrow("only the ids 0 to 65536");
    await expect(resolved({ subuidName: "bob" })).rejects.toThrow('no subuid ranges found for user "bob"');
  });
});
