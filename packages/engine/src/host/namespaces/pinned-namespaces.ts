/** The Namespaces port: namespaces kept by bind mounts of their nsfs files, with no process in them. */
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import type { Namespaces, PinnedNamespace, PinOptions, UserNamespaceChoice } from "../../ports/namespaces.ts";
import { isErrno } from "../sys/libc.ts";
import { MS, mount, unmountAll } from "../sys/mount.ts";
import { setHostname } from "../sys/namespace.ts";
import { rootlessUser } from "../../base/rootless.ts";
import { furnishBySpawn, pinBySpawn, type SpawnedPins } from "./spawned-pins.ts";
import { isPinned } from "./is-pinned.ts";
import { setLoopbackUp } from "./loopback.ts";
import { inNewNamespaces, inPinnedNamespaces, SELF } from "../sys/thread-namespaces.ts";

const KINDS: readonly (PinnedNamespace | "user")[] = ["net", "ipc", "uts", "user"];

export class PinnedNamespaces implements Namespaces {
  pin(dir: string, kinds: readonly PinnedNamespace[], options: PinOptions = {}): void {
    // Pins of an earlier attempt would be hidden below the new ones, alive.
    this.unpin(dir);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const kind of kinds) writeFileSync(`${dir}/${kind}`, "", { mode: 0o600 });
    if (kinds.length === 0) return;
    try {
      if (rootlessUser(process.env) !== undefined) {
        return pinBySpawn(dir, kinds, spawned(kinds, options));
      }
      inNewNamespaces(kinds, () => {
        furnish(kinds, options);
        for (const kind of kinds)
          mount({ source: `${SELF}/${kind}`, target: `${dir}/${kind}`, flags: MS.BIND });
      });
    } catch (error) {
      this.unpin(dir);
      throw error;
    }
  }

  async pinFor(
    user: UserNamespaceChoice,
    dir: string,
    kinds: readonly PinnedNamespace[],
    options: PinOptions = {},
  ): Promise<void> {
    const { pinWithin, pinWithUser } = await import("./user-namespace.ts");
    this.unpin(dir);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const own = "mappings" in user;
    for (const kind of own ? [...kinds, "user"] : kinds) writeFileSync(`${dir}/${kind}`, "", { mode: 0o600 });
    try {
      if (own) pinWithUser(dir, kinds, user.mappings);
      else if (kinds.length > 0) await pinWithin(dir, kinds, user.path);
      if (kinds.length === 0) return;
      if (rootlessUser(process.env) === undefined) {
        inPinnedNamespaces(dir, kinds, () => furnish(kinds, options));
      } else {
        furnishBySpawn({ dir, user: own ? `${dir}/user` : user.path }, kinds, spawned(kinds, options));
      }
    } catch (error) {
      this.unpin(dir);
      throw error;
    }
  }

  isPinned(dir: string, kind: PinnedNamespace | "user"): boolean {
    return isPinned(dir, kind);
  }

  unpin(dir: string): void {
    for (const kind of KINDS) {
      unmountAll(`${dir}/${kind}`);
      // Removing the mount point also detaches the copies that private mount namespaces have of the pin.
      rmSync(`${dir}/${kind}`, { force: true });
    }
    try {
      rmdirSync(dir);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR", "ENOTEMPTY")) throw error;
    }
  }
}

/** @throws CONTAINER_INVALID */
function spawned(kinds: readonly PinnedNamespace[], { hostname, sysctls }: PinOptions): SpawnedPins {
  const settings = Object.entries(sysctls ?? {});
  for (const [name, value] of settings) checkSysctl(name, value, kinds);
  return {
    ...(hostname === undefined || !kinds.includes("uts") ? {} : { hostname }),
    sysctls: settings.map(([name, value]) => [sysctlPath(name), value]),
  };
}

/** Of the namespaces that the thread is in. */
function furnish(kinds: readonly PinnedNamespace[], { hostname, sysctls }: PinOptions): void {
  if (kinds.includes("net")) setLoopbackUp();
  if (kinds.includes("uts") && hostname !== undefined) setHostname(hostname);
  for (const [name, value] of Object.entries(sysctls ?? {})) writeSysctl(name, value, kinds);
}

/** sysctl(8) name to file: "net.ipv4.conf.eth0/1.forwarding" has its dots and slashes exchanged. */
export function sysctlPath(name: string): string {
  const swapped = name.replace(/[./]/g, (c) => (c === "." ? "/" : "."));
  return `/proc/sys/${swapped}`;
}

/** Which namespace a sysctl belongs to; those of no namespace would change the host. */
export function sysctlNamespace(name: string): PinnedNamespace | undefined {
  if (name.startsWith("net.")) return "net";
  if (name === "kernel.hostname" || name === "kernel.domainname") return "uts";
  if (
    /^(kernel\.(msg(max|mnb|mni|_next_id)|sem(_next_id)?|shm(all|max|mni|_rmid_forced|_next_id))|fs\.mqueue\..+)$/.test(
      name,
    )
  ) {
    return "ipc";
  }
  return undefined;
}

function writeSysctl(name: string, value: string, kinds: readonly PinnedNamespace[]): void {
  checkSysctl(name, value, kinds);
  try {
    writeFileSync(sysctlPath(name), value);
  } catch (cause) {
    if (isEngineError(cause)) throw cause;
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new EngineError("HOST_CALL_FAILED", `cannot set sysctl ${name}=${value}: ${reason}`, {
      cause,
      details: { errno: reason },
    });
  }
}

function checkSysctl(name: string, value: string, kinds: readonly PinnedNamespace[]): void {
  const owner = sysctlNamespace(name);
  if (owner === undefined || !kinds.includes(owner) || name.includes("..")) {
    throw new EngineError(
      "CONTAINER_INVALID",
      `sysctl ${name}=${value} cannot be set: it belongs to no namespace of this sandbox`,
    );
  }
}
