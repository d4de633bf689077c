/** `internal forward`: the forwarder itself. It goes into the namespace for good; what it listens on stays the host's. */
import {
  closeFd,
  enterNamespace,
  EPOLL,
  localAddress,
  openFile,
  readInto,
  watchRemoval,
  writeFile,
} from "../sys/forward-calls.ts";
import { keepMarksOfTcp, routeAnswers } from "./answers.ts";
import { Control } from "./control.ts";
import { Loop } from "./loop.ts";
import { PID_FILE } from "./messages.ts";
import { Ports } from "./port-table.ts";
import { leaveByBridges } from "./source.ts";

/** Of who has started us: the socket by which it says what to forward. */
const STARTER = 3;
/** Milliseconds between looks where the kernel has no more watches for us. */
const PAUSE = 5_000;
/** Bytes of one without its name. */
const EVENT = 16;

/** `words`: directory (ours, also the working directory), pin, "here" or "bridged". Comes back when it is to end. */
export function runForward([, pin = "", targets = ""]: readonly string[]): number {
  // Another number than ours: nobody has started us.
  if (localAddress(STARTER, Buffer.alloc(128)) < 0) return 2;
  if (writeFile(PID_FILE, `${process.pid}\n`) < 0) return 1;
  const loop = new Loop();
  const end = (): void => loop.end();
  endWithout(loop, pin, end);
  const failure = enter(pin);
  const routed = failure === 0 && routeAnswers();
  const marked = routed && targets === "here" && keepMarksOfTcp();
  if (targets === "bridged") leaveByBridges();
  const ports = new Ports(loop, { routed, marked });
  const control = new Control(loop, ports, end);
  control.serve(STARTER, "starter");
  if (failure === 0) control.listen();
  else control.refuse(`cannot enter the network namespace: errno ${failure}`);
  loop.run();
  return 0;
}

/** An errno, or 0. */
function enter(pin: string): number {
  const fd = openFile(pin, "read");
  if (fd < 0) return -fd;
  const result = enterNamespace(fd);
  closeFd(fd);
  return result < 0 ? -result : 0;
}

/** The namespace lives as long as we are in it: that nobody else wants it shows by its pin. */
function endWithout(loop: Loop, pin: string, end: () => void): void {
  const slash = pin.lastIndexOf("/");
  const name = pin.slice(slash + 1);
  const watch = watchRemoval(pin.slice(0, slash));
  if (watch < 0) return lookAgain(loop, pin, end);
  const buffer = Buffer.alloc(4096);
  loop.watch(watch, EPOLL.IN, () => {
    for (let length = readInto(watch, buffer); length > 0; length = readInto(watch, buffer)) {
      if (tellsOf(buffer.subarray(0, length), name)) end();
    }
  });
  // It may have gone before the watch was there.
  if (!isThere(pin)) end();
}

function lookAgain(loop: Loop, pin: string, end: () => void): void {
  if (!isThere(pin)) return end();
  loop.after(PAUSE, () => lookAgain(loop, pin, end));
}

function isThere(path: string): boolean {
  const fd = openFile(path, "read");
  if (fd >= 0) closeFd(fd);
  return fd >= 0;
}

/** struct inotify_event. One without a name is of the directory itself, or of events that were lost. */
export function tellsOf(events: Buffer, name: string): boolean {
  for (let at = 0; at + EVENT <= events.length; ) {
    const length = events.readUInt32LE(at + 12);
    const text = events.toString("utf8", at + EVENT, at + EVENT + length).replace(/\0+$/, "");
    if (text === "" || text === name) return true;
    at += EVENT + length;
  }
  return false;
}
