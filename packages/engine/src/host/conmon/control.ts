/** conmon's control fifo in a bundle: the terminal's size, reopening the log. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { isErrno } from "../sys/libc.ts";

const RESIZE = 1;
const REOPEN_LOG = 2;

export function resizeTerminal(bundle: string, rows: number, columns: number): void {
  send(bundle, `${RESIZE} ${rows} ${columns}\n`);
}

export function reopenLog(bundle: string): void {
  send(bundle, `${REOPEN_LOG} 0 0\n`);
}

function send(bundle: string, message: string): void {
  let fd: number;
  try {
    // Without a reader a blocking open would wait for ever.
    fd = openSync(`${bundle}/ctl`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENXIO")) return;
    throw error;
  }
  try {
    writeSync(fd, message);
  } catch (error) {
    if (!isErrno(error, "EPIPE", "EAGAIN")) throw error;
  } finally {
    closeSync(fd);
  }
}
