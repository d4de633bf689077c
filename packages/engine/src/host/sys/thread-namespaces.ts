/** Takes the calling thread into other namespaces for a synchronous moment and brings it back whatever happens. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, openSync } from "node:fs";
import type { PinnedNamespace } from "../../ports/namespaces.ts";
import { rootlessUser } from "../../base/rootless.ts";
import { CLONE, setns, unshare } from "./namespace.ts";

/** `thread-self`, not `self`: namespaces are the thread's, and Bun's main thread need not be the leader's twin. */
export const SELF = "/proc/thread-self/ns";

export const CLONE_FLAG: Readonly<Record<PinnedNamespace, number>> = {
  net: CLONE.NEWNET,
  ipc: CLONE.NEWIPC,
  uts: CLONE.NEWUTS,
};

/** Runs `work` in new namespaces of these kinds. `work` must be synchronous. */
export function inNewNamespaces<T>(kinds: readonly PinnedNamespace[], work: () => T): T {
  using home = new Home(kinds);
  unshare(kinds.reduce((flags, kind) => flags | CLONE_FLAG[kind], 0));
  home.leave();
  return work();
}

/** Runs `work` in the network namespace at `path` (a pin, or /proc/PID/ns/net). `work` must be synchronous. */
export function inNetworkNamespace<T>(path: string, work: () => T): T {
  const target = openSync(path, "r");
  try {
    using home = new Home(["net"]);
    setns(target, CLONE.NEWNET);
    home.leave();
    return work();
  } finally {
    closeSync(target);
  }
}

/** Runs `work` in the namespaces that are pinned in `dir`. `work` must be synchronous. */
export function inPinnedNamespaces<T>(dir: string, kinds: readonly PinnedNamespace[], work: () => T): T {
  using home = new Home(kinds);
  home.leave();
  for (const kind of kinds) {
    const target = openSync(`${dir}/${kind}`, "r");
    try {
      setns(target, CLONE_FLAG[kind]);
    } finally {
      closeSync(target);
    }
  }
  return work();
}

/** Of this thread alone: a worker has modules of its own. */
let settled = false;

/** Into the network namespace at `path` for good. For a thread that nothing else is to be done on. */
export function settleInNetworkNamespace(path: string): void {
  const target = openSync(path, "r");
  try {
    setns(target, CLONE.NEWNET);
    settled = true;
  } finally {
    closeSync(target);
  }
}

/** The thread's own namespaces, to come back to. */
class Home implements Disposable {
  readonly #doors: { readonly flag: number; readonly fd: number }[] = [];
  #away = false;

  constructor(kinds: readonly PinnedNamespace[]) {
    // A user's thread may leave the host's namespaces, but not enter them again. Those of the user's own it may.
    if (!settled && rootlessUser(process.env) !== undefined) {
      throw new EngineError(
        "NOT_IMPLEMENTED",
        "not yet supported for ordinary users: work in a sandbox's namespaces",
      );
    }
    for (const kind of kinds)
      this.#doors.push({ flag: CLONE_FLAG[kind], fd: openSync(`${SELF}/${kind}`, "r") });
  }

  leave(): void {
    this.#away = true;
  }

  [Symbol.dispose](): void {
    for (const door of this.#doors) {
      if (this.#away) setns(door.fd, door.flag);
      closeSync(door.fd);
    }
  }
}
