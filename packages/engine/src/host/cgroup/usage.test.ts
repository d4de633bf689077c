import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { type ReadFile, usageV1, usageV2 } from "./usage.ts";

const files =
  (texts: Readonly<Record<string, string>>): ReadFile =>
  (controller, file) =>
    texts[`${controller}/${file}`] ?? "";

/** As a Debian 12 host wrote them. */
const V1 = {
  "cpuacct/cpuacct.usage": "54272201\n",
  "cpuacct/cpuacct.usage_sys": "29001110\n",
  "memory/memory.stat":
    "cache 4096\nrss 77824\nhierarchical_memory_limit 16777216\ntotal_cache 4096\ntotal_rss 77824\n" +
    "total_inactive_anon 8192\ntotal_active_anon 69632\ntotal_inactive_file 4096\n",
  "memory/memory.limit_in_bytes": "16777216\n",
  "blkio/blkio.throttle.io_service_bytes_recursive":
    "8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:0 Total 12288\n253:1 Read 1\n253:1 Write 2\nTotal 12291\n",
  "pids/pids.current": "3\n",
};

/** As Linux 6.1 writes them on a host with one hierarchy. */
const V2 = {
  "cpu/cpu.stat":
    "usage_usec 54272\nuser_usec 25271\nsystem_usec 29001\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
  "memory/memory.stat": "anon 77824\nfile 4096\nkernel 212992\ninactive_anon 73728\nanon_thp 0\n",
  "memory/memory.max": "16777216\n",
  "io/io.stat":
    "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n253:1 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n7:0 \n",
  "pids/pids.current": "3\n",
};

const READ = { memory: 77_824, memoryLimit: 16_777_216, blockInput: 4097, blockOutput: 8194, pids: 3 };

test("v1: what is anonymous is used, cache is not", () => {
  expect(usageV1(files(V1))).toEqual({
    ...READ,
    cpuNanoseconds: 54_272_201,
    cpuSystemNanoseconds: 29_001_110,
  });
});

test("v2: microseconds become nanoseconds", () => {
  expect(usageV2(files(V2))).toEqual({
    ...READ,
    cpuNanoseconds: 54_272_000,
    cpuSystemNanoseconds: 29_001_000,
  });
});

test("no limit: v1 has a number for it, v2 a word", () => {
  const v1 = files({ ...V1, "memory/memory.limit_in_bytes": "9223372036854771712\n" });
  expect(usageV1(v1).memoryLimit).toBeUndefined();
  expect(usageV2(files({ ...V2, "memory/memory.max": "max\n" })).memoryLimit).toBeUndefined();
});

test("a controller that the host lacks counts nothing", () => {
  const nothing = {
    cpuNanoseconds: 0,
    cpuSystemNanoseconds: 0,
    memory: 0,
    memoryLimit: undefined,
    blockInput: 0,
    blockOutput: 0,
    pids: 0,
  };
  expect([usageV1(files({})), usageV2(files({}))]).toEqual([nothing, nothing]);
});

test("whatever a file holds, figures are numbers", () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...Object.keys(V1), ...Object.keys(V2)), (text, file) => {
      for (const usage of [usageV1(files({ [file]: text })), usageV2(files({ [file]: text }))]) {
        for (const value of Object.values(usage)) expect(Number.isNaN(value)).toBe(false);
      }
    }),
  );
});
