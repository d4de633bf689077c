/** `--preserve-fds`: descriptors that the caller has opened for the container's process. */
import type { StartOptions } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readlinkSync } from "node:fs";
import type { Flag } from "../frame/command.ts";

export const preserveFdsFlag = {
  type: "int",
  default: 0,
  help: "Pass a number of additional file descriptors into the container",
  complete: "none",
} as const satisfies Flag;

/** @throws CLI_USAGE unless 3, 4, … are open. To be asked before the engine has opened files of its own. */
export function preservedDescriptors(count: number): StartOptions {
  if (count === 0) return {};
  if (count < 0) throw new EngineError("CLI_USAGE", "--preserve-fds cannot be negative");
  for (let fd = 3; fd < 3 + count; fd++) {
    if (isPassed(fd)) continue;
    throw new EngineError(
      "CLI_USAGE",
      `file descriptor ${fd} is not available - the preserve-fds option requires that file descriptors must be passed`,
    );
  }
  return { preserveFds: count };
}

/** Bun's event loop takes the lowest numbers that are free. */
function isPassed(fd: number): boolean {
  try {
    return !/^anon_inode:\[(eventpoll|eventfd)\]$/.test(readlinkSync(`/proc/self/fd/${fd}`));
  } catch {
    return false;
  }
}
