/** HostPs by unshare(1) and nsenter(1): the host's ps sees the processes of the container, which lacks one itself. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { HostPs, PsOutput } from "../../ports/process-facts.ts";
import { type RunResult, runCommand } from "../process/run.ts";

/** Its own /proc in a mount namespace that goes with it; `exec` keeps the number that it has said. */
const SCRIPT =
  'mount -t proc proc /proc || exit 97; command -v ps >/dev/null || exit 98; echo "$$"; exec ps "$@"';

export class NsenterPs implements HostPs {
  /**
   * Undefined where this host cannot do it. The container's processes can see these, and, lacking CAP_SYS_PTRACE,
   * touch none of their files: callers make sure of that.
   */
  async run(pid: number, args: readonly string[]): Promise<PsOutput | undefined> {
    const enter = ["unshare", "-m", "--", "nsenter", "-t", String(pid), "-p", "--"];
    const result = await tryRun([...enter, "/bin/sh", "-c", SCRIPT, "sh", ...args]);
    const [ownPid = "", ...lines] = result?.stdout.toString().replace(/\n$/, "").split("\n") ?? [];
    if (result === undefined || !/^\d+$/.test(ownPid)) return undefined;
    if (result.exitCode === 0) return { lines, ownPid };
    throw new EngineError(
      "CONTAINER_TOP_FAILED",
      `ps(1) failed with exit code ${result.exitCode}: ${result.stderr.trim()}`,
    );
  }
}

async function tryRun(argv: readonly string[]): Promise<RunResult | undefined> {
  try {
    return await runCommand({ argv });
  } catch (error) {
    if (error instanceof EngineError && error.code === "HOST_PART_MISSING") return undefined;
    throw error;
  }
}
