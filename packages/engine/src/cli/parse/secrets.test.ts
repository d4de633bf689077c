import { expect, test } from "bun:test";
import { parseSecrets } from "./secrets.ts";

const mount = { kind: "mount", target: "", uid: 0, gid: 0, mode: 0o444 } as const;

test("a name alone is a file of that name, readable to all", () => {
  expect(parseSecrets(["db"])).toEqual([{ ...mount, source: "db" }]);
});

test("options say where, whose and for whom", () => {
  expect(parseSecrets(["db,type=mount,target=/etc/key,uid=10,GID=20,mode=0400"])).toEqual([
    { kind: "mount", source: "db", target: "/etc/key", uid: 10, gid: 20, mode: 0o400 },
  ]);
  expect(parseSecrets(["source=db,type=env", "source=db,target=WORD,type=env"])).toEqual([
    { kind: "env", source: "db", variable: "" },
    { kind: "env", source: "db", variable: "WORD" },
  ]);
});

test.each([
  ["db,uid", "option uid must be in form option=value: parsing secret"],
  ["db,type=file", "type file is invalid: parsing secret"],
  ["db,type=env,type=mount", "cannot set more than one secret type: parsing secret"],
  ["db,mode=0o9", "mode 0o9 invalid: parsing secret"],
  ["db,uid=4294967296", "UID 4294967296 invalid: parsing secret"],
  ["db,gid=-1", "GID -1 invalid: parsing secret"],
  ["db,colour=red", "option colour=red invalid: parsing secret"],
  ["type=env,target=X", "no source found type=env,target=X: parsing secret"],
  ["db,type=env,mode=0400", "UID, GID, Mode options cannot be set with secret type env: parsing secret"],
])("%s is refused", (text, message) => {
  expect(() => parseSecrets([text])).toThrow(message);
});
