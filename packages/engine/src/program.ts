/** The cli, which loads the engine when a command asks for it. */
import { ROOTLESS_UID } from "./base/entry-variables.ts";
import { VERSION } from "./base/version.ts";
import type { EngineOptions } from "./cli/frame/lazy-engine.ts";
import { createProcessIo } from "./cli/frame/process-io.ts";
import { runProgram } from "./cli/frame/program.ts";
import { GROUPS } from "./cli/groups.ts";
import { VERBS } from "./cli/verbs.generated.ts";

/** Gives the exit status, unless the engine was used: then the process ends here. */
export async function run(argv: readonly string[]): Promise<number> {
  // Registries' certificates are checked whatever a developer's shell exports; registries.conf names the insecure ones.
  delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  return await cli(argv);
}

async function cli(argv: readonly string[]): Promise<number> {
  let usedEngine = false;
  const status = await runProgram({
    argv,
    env: process.env,
    version: VERSION,
    tables: { verbs: VERBS, groups: GROUPS },
    openIo: (output) =>
      createProcessIo(process.env, output, { terminal: openTerminal, files: openLocalFiles }),
    createEngine: async (options) => {
      if (process.geteuid?.() !== 0) await (await import("./host/userns/enter.ts")).enter(argv);
      usedEngine = true;
      return (await import("./wire.ts")).createEngine({ ...options, ...(await ofUser()) });
    },
  });
  if (usedEngine) (await import("./host/sys/leave.ts")).leaveAtOnce(status);
  return status;
}

/** What root's engine does not load. */
async function ofUser(): Promise<Pick<EngineOptions, "delegatedCgroup">> {
  if (process.env[ROOTLESS_UID] === undefined) return {};
  const { delegatedCgroup } = await import("./host/cgroup/delegation.ts");
  return { delegatedCgroup: () => delegatedCgroup() };
}

async function openTerminal() {
  return new (await import("./wire/terminal.ts")).InputTerminal();
}

async function openLocalFiles() {
  return (await import("./wire/local-files.ts")).localFiles();
}
