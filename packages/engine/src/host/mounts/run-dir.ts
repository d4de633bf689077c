/**
 * The run directory is one tmpfs, made once per boot and shared, so that pins made in it appear in every mount
 * namespace that receives propagation and vanish from all of them (design §4).
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { rootlessUser } from "../../base/rootless.ts";
import { sleep } from "../../base/sleep.ts";
import { isMountRoot } from "../sys/file-system.ts";
import { isErrno } from "../sys/libc.ts";
import { tryFlock } from "../sys/lock.ts";
import { MS, mount, unmountAll } from "../sys/mount.ts";

/** Written into the tmpfs last: whoever sees it sees a finished run directory. */
const MARKER = ".mounted";
const LOCK_TIMEOUT_MS = 10_000;
const PAUSE_MS = 2;

/** True when the run directory of this boot is there; two cheap system calls. */
export function isRunDirReady(runRoot: string): boolean {
  return existsSync(`${runRoot}/${MARKER}`) && isMountRoot(runRoot) !== false;
}

/**
 * Makes the run directory unless it is there. An ordinary user's is mounted in the user's own mount
 * namespace, and goes with it. True when it was made: the first time in a boot.
 * @throws HOST_CALL_FAILED saying what failed
 */
export async function ensureRunDir(runRoot: string): Promise<boolean> {
  if (isRunDirReady(runRoot)) return false;
  makeDirectory(runRoot);
  using lock = openLock(runRoot);
  while (!lock.isTaken()) await sleep(PAUSE_MS);
  return setUp(runRoot);
}

/** As ensureRunDir, for who cannot wait in turn: two commands meet here once in a boot, for a millisecond. */
export function ensureRunDirNow(runRoot: string): boolean {
  if (isRunDirReady(runRoot)) return false;
  makeDirectory(runRoot);
  using lock = openLock(runRoot);
  while (!lock.isTaken()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  return setUp(runRoot);
}

function makeDirectory(runRoot: string): void {
  attempt(`cannot make run directory ${runRoot}`, () =>
    mkdirSync(runRoot, { recursive: true, mode: mode() }),
  );
}

/** Containers' own users pass through root's; an ordinary user's is nobody else's. */
function mode(): number {
  return rootlessUser(process.env) === undefined ? 0o711 : 0o700;
}

/** Call with the lock held. */
function setUp(runRoot: string): boolean {
  if (isRunDirReady(runRoot)) return false;
  attempt(`cannot set up run directory ${runRoot}`, () => {
    // A command that was killed between mount and marker left a tmpfs that may not be shared.
    unmountAll(runRoot);
    mount({
      source: "podwright",
      target: runRoot,
      type: "tmpfs",
      flags: MS.NOSUID | MS.NODEV | MS.NOEXEC,
      data: `mode=0${mode().toString(8)}`,
    });
    mount({ source: "none", target: runRoot, flags: MS.SHARED });
    writeFileSync(`${runRoot}/${MARKER}`, "", { mode: 0o600 });
  });
  return true;
}

/** Takes the run directory away with every mount in it, from all mount namespaces that have it. */
export function dropRunDir(runRoot: string): void {
  // Detaching the tmpfs takes the mounts below it along.
  unmountAll(runRoot);
  rmSync(lockPath(runRoot), { force: true });
  try {
    // Removing a mount point detaches what private mount namespaces still have on it.
    rmdirSync(runRoot);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTEMPTY")) throw error;
  }
}

function lockPath(runRoot: string): string {
  return `${runRoot}.lock`;
}

interface RunDirLock extends Disposable {
  /** @throws HOST_CALL_FAILED when it was in another's hands for too long */
  readonly isTaken: () => boolean;
}

function openLock(runRoot: string): RunDirLock {
  const fd = attempt(`cannot lock run directory ${runRoot}`, () => openSync(lockPath(runRoot), "a", 0o600));
  const deadline = performance.now() + LOCK_TIMEOUT_MS;
  return {
    isTaken: () => {
      if (tryFlock(fd, "exclusive")) return true;
      if (performance.now() <= deadline) return false;
      throw new EngineError("HOST_CALL_FAILED", `cannot lock ${lockPath(runRoot)}: held by another process`);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const details = cause instanceof EngineError ? cause.details : {};
    throw new EngineError("HOST_CALL_FAILED", `${what}: ${reason}`, { cause, details });
  }
}
