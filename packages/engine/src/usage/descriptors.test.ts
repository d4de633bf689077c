import { describe, expect, test } from "bun:test";
import { TOP_DESCRIPTORS } from "@podwright/spec/values/top-descriptors";
import type { ProcessFacts } from "../ports/process-facts.ts";
import { accountNames } from "./account-names.ts";
import { COLUMNS, DEFAULT_DESCRIPTORS, findColumn, type TableMoment } from "./descriptors.ts";
import { terminalName } from "./terminal-name.ts";

const FACTS: ProcessFacts = {
  pid: 4711,
  inside: { pid: 7, parent: 1, group: 6 },
  name: "nginx",
  args: ["nginx:", "worker process"],
  state: "S",
  user: { real: 0, effective: 101 },
  group: { real: 0, effective: 102 },
  groups: [0, 102, 7],
  nice: -5,
  terminal: 0,
  cpuTime: 65.4,
  startTime: 100,
  virtualSize: 2580,
  residentSize: 1752,
  capabilities: {
    ambient: 0n,
    inheritable: 0n,
    permitted: 0b100001n,
    effective: 0b1n,
    bounding: (1n << 41n) - 1n,
  },
  seccomp: 2,
  label: "?",
  idsOfHost: { uid: [{ inside: 0, outside: 0, size: 1000 }], gid: [{ inside: 0, outside: 0, size: 1000 }] },
};

const MOMENT: TableMoment = {
  now: Date.UTC(2026, 10, 22, 20, 41, 0, 999),
  uptime: 3823.25,
  names: () => accountNames("root:x:0:0::/:\nnginx:x:101:102::/:\nlate:x:101:1::/:", "root:x:0:\nweb:x:102:"),
  hostNames: () => accountNames("root:x:0:0::/:\nsomebody:x:101:1::/:", "other:x:102:"),
};

const show = (name: string, facts: Partial<ProcessFacts> = {}): string | undefined =>
  findColumn(name)?.show({ ...FACTS, ...facts }, MOMENT);

test("names and numbers of users are the container's own, and those of the machine", () => {
  // An ordinary user's engine: 0 is the user 1000, and the container's 101 is the engine's 1.
  const facts = {
    user: { real: 1, effective: 0 },
    idsInside: {
      uid: [
        { inside: 101, outside: 1, size: 1 },
        { inside: 5, outside: 0, size: 1 },
      ],
      gid: [],
    },
    idsOfHost: {
      uid: [
        { inside: 0, outside: 1000, size: 1 },
        { inside: 1, outside: 100_000, size: 10 },
      ],
      gid: [],
    },
  };
  const shown = ["uid", "huid", "user", "ruser", "group"].map((name) => show(name, facts));
  expect(shown).toEqual(["5", "1000", "5", "nginx", "65534"]);
});

test("the help names every column", () => {
  expect(COLUMNS.map(({ name }) => name).sort()).toEqual([...TOP_DESCRIPTORS]);
  for (const name of DEFAULT_DESCRIPTORS) expect(findColumn(name)).toBeDefined();
  expect(findColumn("aux")).toBeUndefined();
  expect(findColumn("")).toBeUndefined();
});

test.each([
  ["pid", "7"],
  ["%p", "7"],
  ["hpid", "4711"],
  ["%P", "1"],
  ["pgid", "6"],
  ["user", "nginx"],
  ["ruser", "root"],
  ["uid", "101"],
  ["huser", "somebody"],
  ["huid", "101"],
  ["%G", "web"],
  ["rgroup", "root"],
  ["groups", "root,web,7"],
  ["hgroup", "other"],
  ["hgroups", "0,102,7"],
  ["args", "nginx: worker process"],
  ["%c", "nginx"],
  ["etime", "1h2m3.25s"],
  ["time", "1m5s"],
  ["pcpu", "1.746"],
  ["nice", "-5"],
  ["vsz", "2580"],
  ["rss", "1752"],
  ["state", "S"],
  ["tty", "?"],
  ["seccomp", "filter"],
  ["label", "?"],
  ["capprm", "CHOWN,KILL"],
  ["capeff", "CHOWN"],
  ["capinh", "none"],
  ["capamb", "none"],
  ["capbnd", "full"],
])("%s is %s", (descriptor, expected) => {
  expect(show(descriptor)).toBe(expected);
});

describe("corners", () => {
  test("a process without arguments is shown by its name", () => {
    expect(show("args", { args: [] })).toBe("[nginx]");
    expect(show("args", { args: [""] })).toBe("[nginx]");
  });
  test("when it was started, to the second, in Go's form", () => {
    expect(show("stime")).toMatch(/^2026-11-2[123] \d\d:\d\d:57 [+-]\d{4} (UTC|[+-]\d{4})$/);
  });
  test("one that starts at this moment has used nothing", () => {
    expect([show("pcpu", { startTime: 3823.25 }), show("etime", { startTime: 3824 })]).toEqual([
      "0.000",
      "0s",
    ]);
  });
  test("terminals", () => {
    expect([0x8800, 0x8903, 0x401, 0x440, 0].map(terminalName)).toEqual([
      "pts/0",
      "pts/259",
      "tty1",
      "ttyS0",
      "?",
    ]);
  });
});
