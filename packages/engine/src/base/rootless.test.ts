import { expect, test } from "bun:test";
import { ROOTLESS_UID } from "./entry-variables.ts";
import { rootlessUser } from "./rootless.ts";

const HOST = "         0          0 4294967295\n";
const OWN = "         0       2000          1\n         1     100000      65536\n";

function user(named: string | undefined, uids: string, gids = OWN) {
  return rootlessUser({ [ROOTLESS_UID]: named }, (path) => (path === "/proc/self/uid_map" ? uids : gids));
}

test("the variable and the kernel together tell whose namespace it is", () => {
  expect(user("2000", OWN, "0 2001 1")).toEqual({ uid: 2000, gid: 2001 });
});

test("the variable alone is not believed", () => {
  expect(user("2000", HOST, HOST)).toBeUndefined();
  expect(user("0", HOST, HOST)).toBeUndefined();
  expect(user("0", "0 0 1", "0 0 1")).toBeUndefined();
  expect(user("2001", OWN)).toBeUndefined();
  expect(user("", OWN)).toBeUndefined();
  expect(user(" 2000", OWN)).toBeUndefined();
});

test("root of a container's user namespace is root", () => {
  expect(user(undefined, OWN)).toBeUndefined();
  expect(user("100000", "0 100000 65536")).toBeUndefined();
});

test("without the variable nothing is read", () => {
  expect(
    rootlessUser({}, () => {
      throw new Error("read");
    }),
  ).toBeUndefined();
});
