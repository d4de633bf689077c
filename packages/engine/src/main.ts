/** The program: the command line goes to the cli, which loads the engine when a command asks for it. */
import { commandLine } from "./cli/frame/command-line.ts";
import { createProcessIo } from "./cli/frame/process-io.ts";
import { runProgram } from "./cli/frame/program.ts";
import { GROUPS } from "./cli/groups.ts";
import { VERBS } from "./cli/verbs.generated.ts";
import { VERSION } from "./version.ts";

// Registries' certificates are checked whatever a developer's shell exports; registries.conf names the insecure ones.
delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];

const openTerminal = async () => new (await import("./wire/terminal.ts")).InputTerminal();

const status = await runProgram({
  argv: commandLine(),
  env: process.env,
  version: VERSION,
  tables: { verbs: VERBS, groups: GROUPS },
  openIo: (output) => createProcessIo(process.env, output, openTerminal),
  createEngine: async (options) => (await import("./wire.ts")).createEngine(options),
});
// Open handles (a database, a watcher) must not keep a finished command alive; all output is written by now.
process.exit(status);
