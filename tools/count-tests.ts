/** Adds up the runners' reports: `bun tools/count-tests.ts FAILED_STEPS REPORT...`; the last line is the sum. */

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Sums of one JUnit report, from its outermost element. */
export function countsOf(report: string): Counts {
  const outer = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const read = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(outer)?.[1] ?? 0);
  const failed = read("failures") + read("errors");
  return { passed: read("tests") - failed - read("skipped"), failed, skipped: read("skipped") };
}

/** A step that failed without a failing test (a type error, a runner that died) counts as one failure. */
export function total(reports: readonly Counts[], failedSteps: number): Counts {
  const sum = (key: keyof Counts): number => reports.reduce((so, counts) => so + counts[key], 0);
  return { passed: sum("passed"), failed: Math.max(sum("failed"), failedSteps), skipped: sum("skipped") };
}

if (import.meta.main) {
  const [failedSteps = "0", ...files] = process.argv.slice(2);
  const reports = await Promise.all(files.map(async (file) => countsOf(await Bun.file(file).text())));
  const { passed, failed, skipped } = total(reports, Number(failedSteps));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
