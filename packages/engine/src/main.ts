/** The start: `--version` is answered here, all else is loaded. */
import { ENTRY } from "./base/entry-variables.ts";
import { VERSION } from "./base/version.ts";
import { commandLine } from "./cli/frame/command-line.ts";
import { asksForVersion, versionLine } from "./cli/frame/version-line.ts";

const argv = commandLine();
// Open handles (a database, a watcher) must not keep a finished command alive; all output is written by now.
process.exit((await printVersion()) ? 0 : await run(await settled()));

/** What the engine starts of itself needs nothing of the cli. */
async function run(line: readonly string[]): Promise<number> {
  if (line[1] === "internal") return await (await import("./internal.ts")).runInternal(line.slice(2));
  return await (await import("./program.ts")).run(line);
}

/** False when it was not asked for, or could not be written: then the program says what is wrong. */
async function printVersion(): Promise<boolean> {
  if (!asksForVersion(argv)) return false;
  try {
    // Not by node:fs, whose loading takes longer than all the rest of this.
    await Bun.write(Bun.stdout, versionLine(argv, VERSION));
    return true;
  } catch {
    return false;
  }
}

/** Where the work is done: root's here, another user's in namespaces of its own, in which this start is made again. */
async function settled(): Promise<readonly string[]> {
  if (process.geteuid?.() !== 0) await enter();
  if (process.env[ENTRY] === undefined) return argv;
  return await (await import("./host/userns/arrive.ts")).arrive(argv);
}

async function enter(): Promise<void> {
  const { needsNamespaces, quickJoin } = await import("./host/userns/quick-join.ts");
  if (!needsNamespaces(argv)) return;
  if (argv.some((word) => word.startsWith("--preserve-fd")))
    (await import("./host/userns/keep-descriptors.ts")).keepDescriptors();
  quickJoin(argv);
  await (await import("./host/userns/enter.ts")).enterEarly(argv);
}
