/** runc: its init opens `exec.fifo` for writing and waits; whoever reads its byte has started the container. */
import { closeSync, constants, openSync, readSync, rmSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import { isErrno } from "../sys/libc.ts";
import { CommandLineRuntime, type RuntimePlace } from "./command-line.ts";

/** Milliseconds until `runc start` is asked to find out what is wrong: on a busy host the init takes its time. */
const PATIENCE = 2_000;
/** As long as the init, which has opened the fifo, is about to write: it would die of our closing it. */
const WRITER_PATIENCE = 10_000;

export function runcRuntime(place: RuntimePlace): CommandLineRuntime {
  return new CommandLineRuntime(place, { startByFifo: readFifo });
}

async function readFifo(path: string): Promise<boolean> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
  try {
    const start = performance.now();
    for (;;) {
      const found = readByte(fd);
      if (found === "byte") {
        // While the fifo is there, runc takes the container for one that was not started.
        rmSync(path, { force: true });
        return true;
      }
      const patience = found === "writer" ? WRITER_PATIENCE : PATIENCE;
      if (performance.now() - start > patience) return false;
      await sleep(1);
    }
  } finally {
    closeSync(fd);
  }
}

/** What the init has done so far: nothing, opened the fifo, written. */
function readByte(fd: number): "nobody" | "writer" | "byte" {
  try {
    return readSync(fd, Buffer.alloc(1)) === 1 ? "byte" : "nobody";
  } catch (error) {
    if (isErrno(error, "EAGAIN")) return "writer";
    throw error;
  }
}
