import { expect, test } from "bun:test";
import { countsOf, total } from "./count-tests.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="24" assertions="60" failures="2" skipped="3" time="0.3">
  <testsuite name="a.test.ts" tests="24" failures="2" skipped="3"></testsuite>
</testsuites>`;

test("countsOf() reads the outermost element", () => {
  expect(countsOf(REPORT)).toEqual({ passed: 19, failed: 2, skipped: 3 });
});

test("total() counts a failed step where no test failed", () => {
  const clean = { passed: 5, failed: 0, skipped: 1 };
  expect(total([clean, clean], 1)).toEqual({ passed: 10, failed: 1, skipped: 2 });
  expect(total([clean, countsOf(REPORT)], 1).failed).toBe(2);
});
