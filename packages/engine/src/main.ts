/** The program: the command line goes to the cli, which loads the engine when a command asks for it. */
import { VERSION } from "./base/version.ts";
import { commandLine } from "./cli/frame/command-line.ts";
import { createProcessIo } from "./cli/frame/process-io.ts";
import { runProgram } from "./cli/frame/program.ts";
import { GROUPS } from "./cli/groups.ts";
import { VERBS } from "./cli/verbs.generated.ts";

// Registries' certificates are checked whatever a developer's shell exports; registries.conf names the insecure ones.
delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];

const argv = commandLine();
// Open handles (a database, a watcher) must not keep a finished command alive; all output is written by now.
process.exit(argv[1] === "internal" ? await internal() : await cli());

/** What the engine starts of itself. */
async function internal(): Promise<number> {
  return await (await import("./internal.ts")).runInternal(argv.slice(2));
}

function cli(): Promise<number> {
  return runProgram({
    argv,
    env: process.env,
    version: VERSION,
    tables: { verbs: VERBS, groups: GROUPS },
    openIo: (output) =>
      createProcessIo(process.env, output, { terminal: openTerminal, files: openLocalFiles }),
    createEngine: async (options) => (await import("./wire.ts")).createEngine(options),
  });
}

async function openTerminal() {
  return new (await import("./wire/terminal.ts")).InputTerminal();
}

async function openLocalFiles() {
  return (await import("./wire/local-files.ts")).localFiles();
}
