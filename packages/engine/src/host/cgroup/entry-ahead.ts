/**
 * Has the kernel ready for a process that is about to be moved into a cgroup. The first such move waits for a grace
 * period (5-16 ms) before it has the lock on all forks and exits, and so does a runtime that creates a container; moves
 * that follow soon find it passed. So we make the first one, of ourselves to where we are, beside the runtime's start.
 */
import { closeSync, openSync, readFileSync, write } from "node:fs";
import type { Hierarchy } from "./hierarchies.ts";

/** Milliseconds from one move to the next: fewer than a grace period lasts, after which the lock is slow again. */
const PAUSE = 3;
/** A runtime that takes longer than all of them (150 ms) waits by itself. */
const MOST_MOVES = 40;

/** Until it is disposed. Where our own cgroup cannot be told or written to, nothing happens. */
export function expectEntry(hierarchies: readonly Hierarchy[]): Disposable {
  const fd = openOwn(hierarchies);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let moves = 0;
  let over = fd === undefined;
  if (fd !== undefined) move(fd);
  return {
    [Symbol.dispose]: () => {
      if (timer !== undefined && fd !== undefined) end(fd);
      over = true;
    },
  };

  /** On a thread of the pool: the first one waits. "0" is who writes, with all of its threads. */
  function move(to: number): void {
    timer = undefined;
    moves += 1;
    write(to, "0", () => {
      if (over || moves === MOST_MOVES) return end(to);
      timer = setTimeout(() => move(to), PAUSE);
      // A command that is done does not wait for it.
      timer.unref();
    });
  }

  function end(to: number): void {
    clearTimeout(timer);
    timer = undefined;
    closeSync(to);
  }
}

function openOwn(hierarchies: readonly Hierarchy[]): number | undefined {
  try {
    const path = ownProcesses(hierarchies, readFileSync("/proc/self/cgroup", "utf8"));
    return path === undefined ? undefined : openSync(path, "r+");
  } catch {
    // Not ours to write to: then it is the runtime that waits.
    return undefined;
  }
}

/** A mount that shows a part of its hierarchy alone might have another cgroup by our cgroup's name. */
export function ownProcesses(hierarchies: readonly Hierarchy[], own: string): string | undefined {
  const paths = new Map(own.split("\n").flatMap(entriesOf));
  for (const { mount, root, unified, controllers } of hierarchies) {
    const path = paths.get(unified ? "" : (controllers[0] ?? ""));
    if (root !== "/" || path === undefined || path.startsWith("/..")) continue;
    return `${mount}${path === "/" ? "" : path}/cgroup.procs`;
  }
  return undefined;
}

/** cgroups(7): "4:cpu,cpuacct:/a", "1:name=systemd:/a", "0::/a". */
function entriesOf(line: string): [string, string][] {
  const [, names, ...path] = line.split(":");
  if (names === undefined || path.length === 0) return [];
  return names.split(",").map((name) => [name, path.join(":")]);
}
