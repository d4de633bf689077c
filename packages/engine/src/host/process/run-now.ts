/** Runs a short command to its end while nothing else of this process goes on. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isErrno } from "../sys/libc.ts";

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface NowResult {
  readonly exitCode: number;
  readonly stderr: string;
}

/** Any exit status is a result. @throws HOST_PART_MISSING when the program cannot be started. */
export function runNow(argv: readonly string[]): NowResult {
  try {
    const { exitCode, stderr } = Bun.spawnSync([...argv], {
      env: { PATH: SYSTEM_PATH, LC_ALL: "C" },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    return { exitCode, stderr: stderr.toString() };
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "EACCES")) throw cause;
    throw new EngineError("HOST_PART_MISSING", `cannot start ${argv[0]}: not found or not executable`, {
      cause,
    });
  }
}
