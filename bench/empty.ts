/** What no program of this kind goes below: an empty one, compiled by the same runtime, in turn with the engine's --version. */
import { join } from "node:path";
import type { Engine } from "./engines.ts";
import { requireSuccess, run } from "./process.ts";
import { rounded, summarise } from "./statistics.ts";
import type { Trace } from "./traces.ts";

const PAIRS = 20;

/** Undefined where the runtime cannot compile here. */
export async function pairWithEmpty(work: string, engine: Engine): Promise<Trace["empty"]> {
  const program = join(work, "empty");
  await Bun.write(`${program}.ts`, "export {};\n");
  const built = await run([
    process.execPath,
    "build",
    "--compile",
    "--bytecode",
    "--minify",
    "--format=esm",
    `${program}.ts`,
    "--outfile",
    program,
  ]);
  if (built.code !== 0) {
    console.log(`without an empty program to compare with: ${built.stderr.trim()}`);
    return undefined;
  }
  const [own, empty]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    own.push(await timed([engine.argv[0] ?? "", "--version"]));
    empty.push(await timed([program]));
  }
  return { own: rounded(summarise(own).median), empty: rounded(summarise(empty).median) };
}

async function timed(argv: readonly string[]): Promise<number> {
  const started = performance.now();
  await requireSuccess(argv);
  return performance.now() - started;
}
