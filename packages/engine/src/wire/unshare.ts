/** `unshare` wired: we are inside already, so the command takes our place, unless something has to be done after it. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { rootlessUser } from "../base/rootless.ts";
import { withoutDyingFirst } from "../host/process/foreground.ts";
import { spawnProcess } from "../host/process/spawn.ts";
import { replaceProcess, takeSignalsBack } from "../host/sys/exec.ts";
import { isErrno } from "../host/sys/libc.ts";
import { isAnyUsed } from "../network/attach.ts";
import type { NetworkContext } from "../network/context.ts";

/** @throws USERNS_UNAVAILABLE, CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_NOT_EXECUTABLE */
export function unshareCommand(argv: readonly string[]): never {
  requireUser();
  const [name = ""] = argv;
  const path = name.includes("/") ? name : Bun.which(name, { PATH: process.env["PATH"] ?? "" });
  if (path === null) {
    throw new EngineError(
      "CONTAINER_COMMAND_NOT_FOUND",
      `exec: "${name}": executable file not found in $PATH`,
    );
  }
  takeSignalsBack();
  try {
    return replaceProcess({ path, argv, env: process.env });
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      throw new EngineError("CONTAINER_COMMAND_NOT_FOUND", `fork/exec ${name}: no such file or directory`);
    }
    if (isErrno(error, "EACCES", "ENOEXEC")) {
      throw new EngineError("CONTAINER_COMMAND_NOT_EXECUTABLE", `fork/exec ${name}: permission denied`);
    }
    throw error;
  }
}

/** @throws USERNS_UNAVAILABLE, NETWORK_SETUP_FAILED */
export async function commandInUserNetwork(ctx: NetworkContext, argv: readonly string[]): Promise<number> {
  requireUser();
  const host = await ctx.host();
  const raised = await host.raise();
  try {
    const child = spawnProcess({
      argv: ["nsenter", `--net=${host.netnsPath}`, "--", ...argv],
      env: present(process.env),
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    });
    return (await withoutDyingFirst(child)).exitCode;
  } finally {
    raised[Symbol.dispose]();
    await host.lower(() => isAnyUsed(ctx));
  }
}

function present(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function requireUser(): void {
  if (rootlessUser(process.env) !== undefined) return;
  throw new EngineError("USERNS_UNAVAILABLE", "please use unshare with rootless", {
    hint: "root has no user namespace of its own: run the command as it is",
  });
}
