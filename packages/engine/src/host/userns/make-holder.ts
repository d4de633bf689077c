/** Makes the user's namespaces, once in a boot, and the process that holds them. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import { ProcProcesses } from "../process/processes.ts";
import { isErrno } from "../sys/libc.ts";
import { tryFlock } from "../sys/lock.ts";
import { whyRefused } from "./diagnosis.ts";
import { findTool } from "./find-tool.ts";
import { type Holder, lockPathIn, namespacesOf, readHolder, writeHolder } from "./holder-file.ts";
import { HeldBack, HOLDER_MARK } from "./held-back.ts";
import { intoNamespacesOf } from "./way-in.ts";
import { mapIds } from "./map-ids.ts";
import type { RuntimeDirOptions } from "./runtime-dir.ts";

const LOCK_TIMEOUT_MS = 20_000;
const PAUSE_MS = 2;

/** That of another command that was faster, else one of our own. @throws USERNS_UNAVAILABLE, HOST_PART_MISSING */
export async function holderIn(directory: string, options: RuntimeDirOptions): Promise<Holder> {
  const fd = openSync(lockPathIn(directory), "a", 0o600);
  try {
    await takeTurns(fd, directory);
    const noted = readHolder(directory);
    const processes = new ProcProcesses();
    if (noted !== undefined && processes.isAlive(noted)) return noted;
    const forgotten = findForgotten(options.uid);
    if (forgotten !== undefined) {
      writeHolder(directory, forgotten);
      return forgotten;
    }
    const taken = noted?.bootId === processes.bootId ? await takeOver(directory, noted) : undefined;
    return taken ?? (await make(directory, options));
  } finally {
    closeSync(fd);
  }
}

async function takeTurns(fd: number, directory: string): Promise<void> {
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  while (!tryFlock(fd, "exclusive")) {
    if (performance.now() > deadline) {
      throw new EngineError(
        "USERNS_UNAVAILABLE",
        `cannot lock ${lockPathIn(directory)}: another process has it`,
      );
    }
    await sleep(PAUSE_MS);
  }
}

async function make(directory: string, { env, uid }: RuntimeDirOptions): Promise<Holder> {
  const unshare = findTool("unshare", env, "util-linux");
  // Mounts that the host makes later are to be seen inside, never the other way round.
  const holder = await HeldBack.start([unshare, "--user", "--mount", "--propagation", "slave", "--"]);
  try {
    if (holder.failure !== undefined) throw whyRefused(holder.failure);
    await mapIds(holder.pid, { env, uid });
    return settle(directory, holder);
  } finally {
    holder.abandon();
  }
}

/** The holder is gone, but what it held for goes on: containers' monitors are where it was. */
async function takeOver(directory: string, gone: Holder): Promise<Holder | undefined> {
  const nsenter = findTool("nsenter", process.env, "util-linux");
  const tried = new Set<number>();
  for (;;) {
    const member = findMember(gone, tried);
    if (member === undefined) return undefined;
    tried.add(member);
    const holder = await HeldBack.start([nsenter, ...intoNamespacesOf(member)]);
    try {
      // That one was about to end: the old holder itself, or a command.
      if (holder.failure === undefined) return settle(directory, holder);
    } finally {
      holder.abandon();
    }
  }
}

/** It is noted first and let go then: killed in between, we leave a note of a process that ends. */
function settle(directory: string, holder: HeldBack): Holder {
  const identity = new ProcProcesses().identify(holder.pid);
  if (identity === undefined) throw whyRefused("the process that was to hold it has ended");
  const noted = { ...identity, ...namespacesOf(holder.pid) };
  writeHolder(directory, noted);
  holder.letGo();
  return noted;
}

/** A holder of the user's whose note is lost. */
function findForgotten(uid: number): Holder | undefined {
  const processes = new ProcProcesses();
  const here = readlinkSync("/proc/self/ns/pid");
  return firstProcess((pid) => {
    if (statSync(`/proc/${pid}`).uid !== uid) return undefined;
    // An engine in a container, under the same id, has one of its own.
    if (readlinkSync(`/proc/${pid}/ns/pid`) !== here) return undefined;
    if (!readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(HOLDER_MARK)) return undefined;
    // One that is held back still has the shell's name, and may end yet.
    if (readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("/bin/sh\0")) return undefined;
    const identity = processes.identify(pid);
    return identity === undefined ? undefined : { ...identity, ...namespacesOf(pid) };
  });
}

/** Any process in both of the namespaces; those of others cannot be looked into. */
function findMember(holder: Holder, except: ReadonlySet<number>): number | undefined {
  return firstProcess((pid) => {
    if (except.has(pid)) return undefined;
    const { user, mnt } = namespacesOf(pid);
    return user === holder.user && mnt === holder.mnt ? pid : undefined;
  });
}

/** What `look` finds in the first process that it can look into and finds something in. */
function firstProcess<T>(look: (pid: number) => T | undefined): T | undefined {
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const found = look(pid);
      if (found !== undefined) return found;
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) throw error;
    }
  }
  return undefined;
}
