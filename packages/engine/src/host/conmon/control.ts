/** conmon's control fifo in a bundle: the terminal's size, reopening the log. */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { readIfThere } from "../../base/if-there.ts";
import type { OrdersDone } from "../../ports/monitor.ts";
import { bytesWaiting } from "../sys/fifo.ts";
import { isErrno } from "../sys/libc.ts";

const RESIZE = 1;
const REOPEN_LOG = 2;

export function resizeTerminal(bundle: string, rows: number, columns: number): void {
  send(bundle, `${RESIZE} ${rows} ${columns}\n`);
}

export function reopenLog(bundle: string): void {
  send(bundle, `${REOPEN_LOG} 0 0\n`);
}

/** conmon reads an order and carries it out in one go, without sleeping in between but for the disk (state D). */
export function ordersDone(bundle: string, pid: number): OrdersDone {
  const fd = openControl(bundle);
  if (fd === undefined) return "done";
  try {
    if (bytesWaiting(fd) > 0) return "unread";
  } finally {
    closeSync(fd);
  }
  const stat = readIfThere(`/proc/${pid}/stat`) ?? "";
  return stat.slice(stat.lastIndexOf(")")).startsWith(") S") ? "done" : "busy";
}

/** For writing; undefined where nobody reads. */
function openControl(bundle: string): number | undefined {
  try {
    // Without a reader a blocking open would wait for ever.
    return openSync(`${bundle}/ctl`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENXIO")) return undefined;
    throw error;
  }
}

function send(bundle: string, message: string): void {
  const fd = openControl(bundle);
  if (fd === undefined) return;
  try {
    writeSync(fd, message);
  } catch (error) {
    if (!isErrno(error, "EPIPE", "EAGAIN")) throw error;
  } finally {
    closeSync(fd);
  }
}
