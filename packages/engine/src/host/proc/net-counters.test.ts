import { expect, test } from "bun:test";
import { parseLinkCounters, ProcNetCounters } from "./net-counters.ts";

const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0:    576       8    0    0    0     0          0         0      308       4    0    0    0     0       0          0
`;

test("a line per link", () => {
  expect(parseLinkCounters(DEV)).toEqual([
    { name: "lo", received: 0, sent: 0 },
    { name: "eth0", received: 576, sent: 308 },
  ]);
});

test("by a process, by a namespace's path, and of what is not there", () => {
  const counters = new ProcNetCounters();
  const names = counters.ofProcess(process.pid).map(({ name }) => name);
  expect(names).toContain("lo");
  if (process.geteuid?.() === 0) {
    expect(counters.ofNamespace("/proc/self/ns/net").map(({ name }) => name)).toEqual(names);
  }
  expect(counters.ofProcess(2 ** 22 + 1)).toEqual([]);
  expect(counters.ofNamespace("/no/such/pin")).toEqual([]);
});
