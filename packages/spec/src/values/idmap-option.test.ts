import { expect, test } from "bun:test";
import { idmapMappings, isIdmapOption } from "./idmap-option.ts";

const CONTAINER = {
  uid: [{ inside: 0, outside: 200_000, size: 100 }],
  gid: [{ inside: 0, outside: 300_000, size: 100 }],
};

test("without a value it is the container's own map", () => {
  expect(isIdmapOption("idmap")).toBe(true);
  expect(isIdmapOption("idmapped")).toBe(false);
  expect(idmapMappings("idmap", CONTAINER)).toBe(CONTAINER);
  expect(() => idmapMappings("idmap", undefined)).toThrow("has no user namespace of its own");
});

test("with one: ids on the disk, and what they become, for the host or with @ for the container", () => {
  expect(idmapMappings("idmap=uids=0-1-10#10-11-10;gids=@0-5-1", CONTAINER)).toEqual({
    uid: [
      { inside: 0, outside: 1, size: 10 },
      { inside: 10, outside: 11, size: 10 },
    ],
    gid: [{ inside: 0, outside: 300_005, size: 1 }],
  });
});

test.each([
  ["idmap=uids=0-1-10", "both uids and gids"],
  ["idmap=uids=0-1;gids=0-0-1", '"0-1" is not of the form'],
  ["idmap=uids=0-1-1;uids=0-1-1", "what is"],
  ["idmap=gids=@0-100-1;uids=0-0-1", "has no id 100"],
  ["idmap=", "what is"],
])("%s is refused", (option, reason) => {
  expect(() => idmapMappings(option, CONTAINER)).toThrow(reason);
});
