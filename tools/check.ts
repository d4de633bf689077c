/** `bun run check`: format, lint, types, the shape of the code, unit tests; under a minute, one table at the end. */
import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { ROOT } from "./source-files.ts";

interface Step {
  readonly name: string;
  readonly argv: readonly string[];
}

interface Outcome {
  readonly step: Step;
  readonly ok: boolean;
  readonly output: string;
  readonly milliseconds: number;
}

const bun = process.execPath;
const tool = (name: string): string => join(ROOT, "node_modules", ".bin", name);

/** Test counts for `./test`, which adds up what every runner reports. */
export const UNIT_REPORT = join(ROOT, ".cache", "unit.junit.xml");

const STEPS: readonly Step[] = [
  { name: "types", argv: [tool("tsc"), "--noEmit"] },
  { name: "lint", argv: [tool("oxlint"), "--type-aware", "--deny-warnings"] },
  { name: "format", argv: [tool("biome"), "format", "."] },
  { name: "deps", argv: [bun, "tools/check-deps.ts"] },
  { name: "sizes", argv: [bun, "tools/check-sizes.ts"] },
  { name: "docs", argv: [bun, "tools/check-docs.ts"] },
  { name: "errors", argv: [bun, "tools/check-errors.ts"] },
  { name: "verbs", argv: [bun, "tools/gen-verbs.ts", "--check"] },
  { name: "kube", argv: [bun, "tools/gen-kube-schema.ts", "--check"] },
  { name: "bench", argv: [bun, "bench/report.ts", "--check"] },
  { name: "kube-doc", argv: [bun, "tools/gen-kube-docs.ts", "--check"] },
  {
    name: "units",
    argv: [
      bun,
      "test",
      "./packages",
      "./tools",
      "./bench",
      "--reporter=junit",
      `--reporter-outfile=${UNIT_REPORT}`,
    ],
  },
];

async function runStep(step: Step): Promise<Outcome> {
  const started = performance.now();
  const child = Bun.spawn([...step.argv], { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const milliseconds = performance.now() - started;
  return { step, ok: exitCode === 0, output: `${stdout}${stderr}`.trim(), milliseconds };
}

/** At most as many steps at once as there are processors, in order. */
async function runAll(steps: readonly Step[]): Promise<readonly Outcome[]> {
  const waiting = [...steps];
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      outcomes.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: Math.max(1, cpus().length) }, worker));
  return steps.flatMap((step) => outcomes.filter((outcome) => outcome.step === step));
}

mkdirSync(join(ROOT, ".cache"), { recursive: true });
const wanted = process.argv.slice(2);
const outcomes = await runAll(STEPS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)));
for (const { step, ok, output } of outcomes) {
  const lines = output.split("\n").filter((line) => !line.startsWith("(pass)"));
  if (!ok) console.log(`--- ${step.name}\n${lines.join("\n").replaceAll(/\n{3,}/g, "\n\n")}\n`);
}
for (const { step, ok, milliseconds, output } of outcomes) {
  const seconds = (milliseconds / 1000).toFixed(1).padStart(5);
  const note = ok ? (output.split("\n").findLast((line) => line.trim() !== "") ?? "") : "see above";
  console.log(`${ok ? "ok  " : "FAIL"} ${step.name.padEnd(8)}${seconds} s  ${note.slice(0, 80)}`);
}
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
