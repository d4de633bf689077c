import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { formatSet, parseSet, writeCpuset } from "./cpuset-v1.ts";

test("parseSet() and formatSet() are inverse to one another", () => {
  expect([...parseSet("0-2,5,7-8\n")]).toEqual([0, 1, 2, 5, 7, 8]);
  expect(parseSet("").size).toBe(0);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 200 })), (numbers) => {
      expect(parseSet(formatSet(new Set(numbers)))).toEqual(new Set(numbers.sort((a, b) => a - b)));
    }),
  );
});

const ROOT = "/sys/fs/cgroup/cpuset";
const several =
  parseSet(existsSync(`${ROOT}/cpuset.cpus`) ? readFileSync(`${ROOT}/cpuset.cpus`, "utf8") : "").size > 1;
const base = `${ROOT}/podwright-test-${process.pid}`;
const below = [base, `${base}/one`, `${base}/two`, `${base}/two/inner`];

describe.skipIf(process.geteuid?.() !== 0 || !several)("writeCpuset() on a v1 hierarchy", () => {
  afterAll(() => {
    for (const directory of below.toReversed()) rmdirSync(directory);
  });

  const read = (): string[] => below.map((path) => readFileSync(`${path}/cpuset.cpus`, "utf8").trim());

  test("children follow, downwards and upwards; one that had less keeps less", () => {
    for (const directory of below) {
      mkdirSync(directory);
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        writeFileSync(`${directory}/${file}`, readFileSync(`${directory}/../${file}`, "utf8").trim());
      }
    }
    writeCpuset(base, "cpuset.cpus", "0-1");
    expect(read()).toEqual(["0-1", "0-1", "0-1", "0-1"]);
    writeFileSync(`${base}/two/inner/cpuset.cpus`, "0");
    writeCpuset(base, "cpuset.cpus", "1");
    expect(read()).toEqual(["1", "1", "1", "1"]);
    writeCpuset(base, "cpuset.cpus", "0-1");
    writeFileSync(`${base}/one/cpuset.cpus`, "0");
    writeCpuset(base, "cpuset.cpus", "0");
    writeCpuset(base, "cpuset.cpus", "0-1");
    expect(read()).toEqual(["0-1", "0-1", "0-1", "0-1"]);
  });

  test("what the host does not have is refused, and all is as before", () => {
    const before = read();
    expect(() => writeCpuset(base, "cpuset.cpus", "0,4000")).toThrow();
    expect(read()).toEqual(before);
  });
});
