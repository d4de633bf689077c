import { describe, expect, test } from "bun:test";
import { assert, property, string } from "fast-check";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { parseGroup, parsePasswd } from "./account-files.ts";
import { findUser } from "./user.ts";

const passwd = parsePasswd(
  "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n1:x:5:5::/five:\nbroken\n:x:0:0::/:\nodd:x:zero:0::/:\n",
);
const groups = parseGroup("root:x:0:root\napp:x:1001:\nextra:x:2000:app,other\nbad:x:x:app\n");
const find = (user: string, ...groupAdd: string[]) => findUser(passwd, groups, { user, groupAdd });

describe("findUser()", () => {
  test("by name, by number, with and without a group", () => {
    expect(find("")).toEqual({ uid: 0, gid: 0, groups: [0], home: "/root", known: true });
    expect(find("app")).toEqual({
      uid: 1000,
      gid: 1001,
      groups: [1001, 2000],
      home: "/home/app",
      known: true,
    });
    expect(find("1000")).toMatchObject({ uid: 1000, gid: 1001, groups: [1001, 2000] });
    // A named group takes away the memberships.
    expect(find("app:extra")).toMatchObject({ gid: 2000, groups: [2000] });
    expect(find("7:8")).toEqual({ uid: 7, gid: 8, groups: [8], home: "/", known: false });
    expect(find("app", "7", "extra").groups).toEqual([1001, 2000, 7]);
  });

  test("a number is a uid, whatever names there are (CVE-2026-30892)", () => {
    expect(find("1").uid).toBe(1);
    expect(find("1").home).toBe("/");
  });

  test("lines that are no entries make nobody root", () => {
    for (const name of ["broken", "odd", "bad"])
      expect(() => find(name)).toThrow(`unable to find user ${name}`);
    expect(() => find("app:bad")).toThrow("unable to find group bad: no matching entries in group file");
  });

  test("any text gives a user of its own or an EngineError", () => {
    assert(
      property(string(), string(), (user, group) => {
        try {
          const found = find(`${user}:${group}`);
          return Number.isInteger(found.uid) && found.uid >= 0;
        } catch (error) {
          return error instanceof EngineError;
        }
      }),
    );
  });
});
