import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentLimits, putBack, writeLimits } from "./write-limits.ts";

/** Files stand for a v2 cgroup, which not every host has: what is looked at before the kernel would kill. */
describe("writeLimits()", () => {
  const directory = mkdtempSync(join(tmpdir(), "limits-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const put = (file: string, value: string): void => writeFileSync(join(directory, file), value);
  const get = (file: string): string => readFileSync(join(directory, file), "utf8");
  const write = (file: string, value: string) => ({ directory, file, value, cpuset: false });

  test("a limit below what is in use is refused, and what was written before it is put back", () => {
    put("memory.current", "5000");
    put("memory.max", "max");
    put("cpu.weight", "100");
    expect(() => writeLimits([write("cpu.weight", "50"), write("memory.max", "4000")])).toThrow(
      "cannot set memory.max to 4000: EBUSY: more than that is in use",
    );
    expect([get("cpu.weight"), get("memory.max")]).toEqual(["100", "max"]);
  });

  test("what it was can be put back", () => {
    put("memory.current", "10");
    const writes = [write("cpu.weight", "60"), write("memory.max", "4000")];
    const before = currentLimits(writes);
    writeLimits(writes);
    expect([get("cpu.weight"), get("memory.max")]).toEqual(["60", "4000"]);
    putBack(writes, before);
    expect([get("cpu.weight"), get("memory.max")]).toEqual(["100", "max"]);
  });

  test('"no limit" where the kernel cannot limit is what was asked for', () => {
    const absent = { directory: join(directory, "gone"), file: "pids.max", cpuset: false };
    writeLimits([{ ...absent, value: "max" }]);
    expect(() => writeLimits([{ ...absent, value: "5" }])).toThrow("cannot set pids.max to 5: ENOENT");
  });
});
