/** Pins of a user namespace and of others that belong to it. */
import type { IdMappings } from "@podwright/spec/values/id-map";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, readFileSync } from "node:fs";
import type { PinnedNamespace } from "../../ports/namespaces.ts";
import { spawnProcess } from "../process/spawn.ts";
import { MS, mount } from "../sys/mount.ts";
import { makePipe, readOnce } from "../sys/pipe.ts";
import { CLONE_FLAG } from "../sys/thread-namespaces.ts";
import { withMappedChild } from "../sys/user-namespace.ts";

/** One call makes all of them, so that the others belong to the new user namespace. The files to mount on are there. */
export function pinWithUser(dir: string, kinds: readonly PinnedNamespace[], mappings: IdMappings): void {
  const flags = kinds.reduce((all, kind) => all | CLONE_FLAG[kind], 0);
  withMappedChild(mappings, flags, (pid) => bindAll(dir, ["user", ...kinds], pid));
}

/**
 * New namespaces that belong to the user namespace at `path`. Programs with threads cannot enter one: a process is
 * started for it, which ends with us. The files to mount on are there.
 */
export async function pinWithin(dir: string, kinds: readonly PinnedNamespace[], path: string): Promise<void> {
  const [go, ready, report] = [makePipe(), makePipe(), makePipe()];
  const child = spawnProcess({
    argv: [
      "nsenter",
      `--user=${path}`,
      "--",
      "unshare",
      ...kinds.map((kind) => `--${kind}`),
      "--",
      ...WAITING,
    ],
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    stdin: go.read,
    stdout: ready.write,
    stderr: report.write,
  });
  for (const fd of [go.read, ready.write, report.write]) closeSync(fd);
  try {
    if ((await readOnce(ready.read)) === "") {
      const said = readFileSync(report.read, "utf8").trim();
      throw new EngineError("CONTAINER_INVALID", `cannot enter user namespace ${path}: ${said}`);
    }
    bindAll(dir, kinds, child.pid);
  } finally {
    for (const fd of [go.write, ready.read, report.read]) closeSync(fd);
    await child.exited;
  }
}

/** It says that it is there, and ends with its input. */
const WAITING = ["/bin/sh", "-c", "echo; read -r end"];

function bindAll(dir: string, kinds: readonly string[], pid: number): void {
  for (const kind of kinds) {
    mount({ source: `/proc/${pid}/ns/${kind}`, target: `${dir}/${kind}`, flags: MS.BIND });
  }
}
