import { expect, test } from "bun:test";
import { countsOf, failuresOf, total } from "./count-tests.ts";

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

test("failuresOf() names each failed test and keeps the runner's words", () => {
  const report = `<testsuites tests="4" failures="2"><testsuite name="a.test.ts">
    <testcase name="passes" classname="" file="a.test.ts" />
    <testcase name="a &lt; b &amp; &quot;c&quot;" classname="group" file="a.test.ts" line="2">
      <failure type="AssertionError" message="short">Expected: 2&#10;Received: 1&#10;</failure>
    </testcase>
    <testcase name="skipped" classname="" file="a.test.ts"><skipped /></testcase>
    <testcase name="late" classname="" file="a.test.ts"><failure message="test timed out" /></testcase>
  </testsuite></testsuites>`;
  expect(failuresOf(report)).toEqual([
    { name: 'a.test.ts > group > a < b & "c"', message: "Expected: 2\nReceived: 1" },
    { name: "a.test.ts > late", message: "test timed out" },
  ]);
});
