/** Runs a command whose output is read as it comes; it waits while nobody reads. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { isErrno } from "../sys/libc.ts";

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Of what the command says when it fails. */
const LONGEST_REPORT = 4000;

/** An abort, and a reader that leaves, end the command. @throws HOST_PART_MISSING, HOST_COMMAND_FAILED */
export async function* streamCommand(
  argv: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const child = start(argv);
  const report = new Response(child.stderr).text();
  const end = (): void => child.kill();
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted === true) end();
  try {
    for await (const chunk of child.stdout) yield chunk;
    await child.exited;
    if (child.exitCode === 0 || signal?.aborted === true) return;
    const said = (await report).trim().slice(-LONGEST_REPORT);
    throw new EngineError("HOST_COMMAND_FAILED", `${argv[0]} failed: ${said === "" ? "no message" : said}`, {
      details: { argv: [...argv], exitCode: child.exitCode },
    });
  } finally {
    signal?.removeEventListener("abort", end);
    end();
    await child.exited;
  }
}

function start(argv: readonly string[]) {
  try {
    return Bun.spawn([...argv], {
      env: { PATH: SYSTEM_PATH, LC_ALL: "C" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "EACCES")) throw cause;
    throw new EngineError("HOST_PART_MISSING", `cannot start ${argv[0]}: not found or not executable`, {
      cause,
    });
  }
}
