import { expect, test } from "bun:test";
import { ProcReader, parseFacts } from "./process-facts.ts";

const STATUS = `Name:	sleep
State:	S (sleeping)
Pid:	27447
PPid:	27434
Uid:	0	1000	0	0
Gid:	0	100	0	0
Groups:	0 1 2
NStgid:	27447	7
NSpid:	27447	7
NSpgid:	27447	6
VmSize:	    2580 kB
VmRSS:	    1752 kB
CapInh:	0000000000000000
CapPrm:	00000000800405fb
CapEff:	00000000800405fb
CapBnd:	000001ffffffffff
CapAmb:	0000000000000000
Seccomp:	2
`;

/** The name is what a container has chosen: brackets, blanks, a line end. */
const STAT =
  "27447 (a) (b\n) S 27434 27447 27447 34816 27447 4194560 138 0 0 0 250 75 0 0 20 -5 1 0 12345 2641920 438 1844 1 1";

test("parseFacts() reads what the kernel wrote, whatever the process calls itself", () => {
  const files = { stat: STAT, status: STATUS, cmdline: "sleep\0two words\0\0", label: "?" };
  expect(parseFacts(27_447, files, (parent) => (parent === 27_434 ? 1 : 0))).toEqual({
    pid: 27_447,
    inside: { pid: 7, parent: 1, group: 6 },
    name: "a) (b\n",
    args: ["sleep", "two words"],
    state: "S",
    user: { real: 0, effective: 1000 },
    group: { real: 0, effective: 100 },
    groups: [0, 1, 2],
    nice: -5,
    terminal: 34_816,
    cpuTime: 3.25,
    startTime: 123.45,
    virtualSize: 2580,
    residentSize: 1752,
    capabilities: {
      ambient: 0n,
      inheritable: 0n,
      permitted: 0x8004_05fbn,
      effective: 0x8004_05fbn,
      bounding: 0x1ff_ffff_ffffn,
    },
    seccomp: 2,
    label: "?",
  });
});

test("a zombie has neither arguments nor memory", () => {
  const facts = parseFacts(
    1,
    { stat: "1 (x) Z 0 1 1 0", status: "Name:\tx\n", cmdline: "", label: "?" },
    () => 0,
  );
  expect(facts).toMatchObject({ state: "Z", args: [], residentSize: 0 });
});

test("of this process, by the kernel; one that is gone is left out", () => {
  const reader = new ProcReader();
  const [own, none] = reader.read([process.pid, 2 ** 22 + 1]);
  expect(own).toMatchObject({ pid: process.pid, inside: { parent: process.ppid } });
  expect(own?.args[0]).toContain("bun");
  expect(none).toBeUndefined();
  expect(reader.uptime()).toBeGreaterThan(own?.startTime ?? Number.POSITIVE_INFINITY);
});
