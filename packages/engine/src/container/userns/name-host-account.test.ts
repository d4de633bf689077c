import { expect, test } from "bun:test";
import { groupLine, homeInside, passwdLine } from "./name-host-account.ts";

const ALICE = { name: "alice", uid: 1000, gid: 1001, gecos: "A", home: "/home/alice", group: "staff" };

test("an entry for who has neither name nor number there", () => {
  expect(passwdLine("root:x:0:0::/root:/bin/sh\n", ALICE, "/work")).toBe(
    "alice:*:1000:1001:A:/work:/bin/sh\n",
  );
  expect(passwdLine("app:x:1000:5::/:\n", ALICE, "/")).toBeUndefined();
  expect(passwdLine("alice:x:7:5::/:\n", ALICE, "/")).toBeUndefined();
  expect(groupLine("", ALICE)).toBe("staff:x:1001:alice\n");
  expect(groupLine("other:x:1001:\n", ALICE)).toBeUndefined();
});

test("no field becomes another entry", () => {
  expect(passwdLine("", { ...ALICE, gecos: "x\nroot::0:0" }, "/")).toBeUndefined();
  expect(passwdLine("", ALICE, "/a:b")).toBeUndefined();
});

test("home is the user's own where it, or a directory above, is mounted", () => {
  const at = (...paths: string[]): string =>
    homeInside(ALICE, { destinations: new Set(paths), workdir: "/work" });
  expect([at(), at("/home/xalice"), at("/home"), at("/data", "/home/alice")]).toEqual([
    "/work",
    "/work",
    "/home/alice",
    "/home/alice",
  ]);
});
