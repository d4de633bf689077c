/** Rotation of the event log as Podman does it: the newer half stays, between two events that say so. */
import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { eventLine } from "./event-line.ts";
import { nanosecondsNow } from "./nanosecond-clock.ts";

export const ROTATION = "io.podman.event.rotate";
const CHUNK = 64 * 1024;
const LINE_FEED = 10;

/**
 * Call with the log's lock held. By rename: whoever reads the old file can still read it to its end, and nothing is
 * lost when we are killed.
 */
export function rotateLog(path: string, size: number): void {
  const half = `${path}.rotating`;
  const from = openSync(path, "r");
  try {
    const to = openSync(half, "w", 0o600);
    try {
      writeSync(to, marker(path, "begin"));
      copyFromNextLine({ from, to, start: Math.floor(size / 2) });
      writeSync(to, marker(path, "end"));
    } finally {
      closeSync(to);
    }
    renameSync(half, path);
  } catch (error) {
    rmSync(half, { force: true });
    throw error;
  } finally {
    closeSync(from);
  }
}

function marker(path: string, which: "begin" | "end"): string {
  const event = {
    type: "system",
    status: "log-rotation",
    id: "",
    name: path,
    attributes: { [ROTATION]: which },
  } as const;
  return `${eventLine(event, nanosecondsNow())}\n`;
}

function copyFromNextLine({ from, to, start }: { from: number; to: number; start: number }): void {
  const buffer = Buffer.alloc(CHUNK);
  let inLine = false;
  for (let at = start; ; ) {
    const length = readSync(from, buffer, 0, CHUNK, at);
    if (length === 0) return;
    at += length;
    const begin = inLine ? 0 : buffer.subarray(0, length).indexOf(LINE_FEED) + 1;
    if (!inLine && begin === 0) continue;
    inLine = true;
    writeSync(to, buffer, begin, length - begin);
  }
}
