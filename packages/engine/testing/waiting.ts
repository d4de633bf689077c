/** Waiting for what the host does in its own time, however busy it is. */
import { readFileSync } from "node:fs";
import { constants } from "node:os";

/**
 * Asks until the answer is not undefined, false or an error; the last error or `what` is thrown after the time-out
 * (milliseconds), which is far beyond what a loaded machine takes, for it costs nothing where all is well.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  timeout = 30_000,
): Promise<T> {
  const end = performance.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`, { cause: last });
    await Bun.sleep(20);
  }
}

/**
 * Until a process has a handler of its own for a signal (proc(5), SigCgt): the first process of a PID namespace loses
 * a signal that it has none for (pid_namespaces(7)).
 */
export async function waitForHandler(pid: number, signal: NodeJS.Signals): Promise<void> {
  await waitFor(`process ${pid} to catch ${signal}`, () => {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    return ((BigInt(`0x${caught}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
  });
}
