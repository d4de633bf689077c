/** runc: its init opens `exec.fifo` for writing and waits; whoever reads its byte has started the container. */
import { closeSync, constants, openSync, readSync, rmSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import { isErrno } from "../sys/libc.ts";
import { CommandLineRuntime, type RuntimePlace } from "./command-line.ts";

/** Milliseconds until `runc start` is asked to find out what is wrong. */
const PATIENCE = 250;

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
    for (const end = performance.now() + PATIENCE; performance.now() < end; await sleep(1)) {
      if (readByte(fd)) {
        // While the fifo is there, runc takes the container for one that was not started.
        rmSync(path, { force: true });
        return true;
      }
    }
    return false;
  } finally {
    closeSync(fd);
  }
}

/** False while the init has not written yet. */
function readByte(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1)) === 1;
  } catch (error) {
    if (isErrno(error, "EAGAIN")) return false;
    throw error;
  }
}
