/**
 * Adds up the runners' reports: `bun tools/count-tests.ts FAILED_STEPS REPORT...`. Says each failure again, for
 * it may stand thousands of lines above; the last line is the sum.
 */

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Failure {
  /** The file and the names of the groups and the test, as the runner writes them. */
  readonly name: string;
  /** The runner's words, with the places; empty where it gave none. */
  readonly message: string;
}

/** Sums of one JUnit report, from its outermost element. */
export function countsOf(report: string): Counts {
  const outer = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const read = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(outer)?.[1] ?? 0);
  const failed = read("failures") + read("errors");
  return { passed: read("tests") - failed - read("skipped"), failed, skipped: read("skipped") };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|(\w+));/g,
    (whole, code: string | undefined, name: string | undefined) =>
      code === undefined ? (ENTITIES[name ?? ""] ?? whole) : String.fromCodePoint(Number(code)),
  );
}

function attribute(element: string, name: string): string {
  return unescapeXml(new RegExp(`\\s${name}="([^"]*)"`).exec(element)?.[1] ?? "");
}

/** The tests of one JUnit report that failed, in its order. */
export function failuresOf(report: string): readonly Failure[] {
  const failures: Failure[] = [];
  for (const [, head = "", body = ""] of report.matchAll(/<testcase\b([^>]*[^/>])>(.*?)<\/testcase>/gs)) {
    const failure = /<(?:failure|error)\b([^>]*?)(?:\/>|>(.*?)<\/)/s.exec(body);
    if (failure === null) continue;
    const words = unescapeXml(failure[2] ?? "").trim() || attribute(failure[1] ?? "", "message");
    const name = ["file", "classname", "name"]
      .map((part) => attribute(head, part))
      .filter((part) => part !== "");
    failures.push({ name: name.join(" > "), message: words });
  }
  return failures;
}

/** A step that failed without a failing test (a type error, a runner that died) counts as one failure. */
export function total(reports: readonly Counts[], failedSteps: number): Counts {
  const sum = (key: keyof Counts): number => reports.reduce((so, counts) => so + counts[key], 0);
  return { passed: sum("passed"), failed: Math.max(sum("failed"), failedSteps), skipped: sum("skipped") };
}

if (import.meta.main) {
  const [failedSteps = "0", ...files] = process.argv.slice(2);
  const reports = await Promise.all(files.map((file) => Bun.file(file).text()));
  for (const { name, message } of reports.flatMap(failuresOf))
    console.log(`FAILED ${name}\n${message.replaceAll(/^/gm, "  ")}\n`);
  const { passed, failed, skipped } = total(reports.map(countsOf), Number(failedSteps));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
