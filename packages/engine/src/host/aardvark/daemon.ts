/** One aardvark-dns process over one directory of configuration, found again by its pid file and command line. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { sleep } from "../../base/sleep.ts";
import type { ProcessIdentity, Processes } from "../../ports/processes.ts";
import { runCommand } from "../process/run.ts";
import { isErrno } from "../sys/libc.ts";

const SIGHUP = 1;
const SIGKILL = 9;
/** Milliseconds until the program has forked and its first half ends. */
const PATIENCE = 10_000;
/** What later versions leave out of answers; earlier ones know no other use of it. */
const SEARCH_DOMAIN = ".dns.podman";

export interface DaemonPlace {
  /** Holds one file per zone and the server's pid file, nothing else. */
  readonly directory: string;
  readonly program: () => string;
  readonly env: Readonly<Record<string, string>>;
  readonly processes: Processes;
}

export class Daemon {
  readonly #place: DaemonPlace;

  constructor(place: DaemonPlace) {
    this.#place = place;
  }

  /** A pid may be another process's by now: the command line names the directory. */
  running(): ProcessIdentity | undefined {
    const pid = Number(readIfThere(`${this.#place.directory}/aardvark.pid`));
    if (!Number.isInteger(pid) || pid <= 1 || !this.#isOurs(pid)) return undefined;
    return this.#place.processes.identify(pid);
  }

  /** @throws HOST_PART_MISSING, NETWORK_SETUP_FAILED */
  async start(): Promise<void> {
    const { directory, program, env } = this.#place;
    const argv = [program(), "--config", directory, "-f", SEARCH_DOMAIN, "-p", "53", "run"];
    // It stays for long, and must keep no directory of the caller's busy.
    const { exitCode, stderr } = await runCommand({ argv, env, cwd: "/", timeoutMs: PATIENCE });
    if (exitCode === 0) return;
    const reason = stderr.trim().split("\n").at(-1) ?? "";
    throw new EngineError(
      "NETWORK_SETUP_FAILED",
      `aardvark-dns failed to start: ${reason === "" ? `exit status ${exitCode}` : reason}`,
    );
  }

  /** Makes it read its directory again; false when it does not run. */
  reload(): boolean {
    const process = this.running();
    return process !== undefined && this.#place.processes.kill(process, SIGHUP);
  }

  /** It has nothing to save. */
  end(): void {
    const process = this.running();
    if (process !== undefined) this.#place.processes.kill(process, SIGKILL);
    rmSync(`${this.#place.directory}/aardvark.pid`, { force: true });
  }

  /**
   * Also those that no pid file names, because somebody removed it. Looks at every process. They are gone then, and
   * with them their sockets: a server that cannot bind says nothing and serves nothing.
   */
  async endAll(): Promise<void> {
    const ended: ProcessIdentity[] = [];
    for (const name of readdirSync("/proc")) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || !this.#isOurs(pid)) continue;
      const stray = this.#place.processes.identify(pid);
      if (stray !== undefined && this.#place.processes.kill(stray, SIGKILL)) ended.push(stray);
    }
    rmSync(`${this.#place.directory}/aardvark.pid`, { force: true });
    const start = performance.now();
    while (ended.some((one) => this.#place.processes.isAlive(one)) && performance.now() - start < PATIENCE) {
      await sleep(1);
    }
  }

  #isOurs(pid: number): boolean {
    const args = readIfThere(`/proc/${pid}/cmdline`).split("\0");
    return args.includes(this.#place.directory) && args.includes("run");
  }
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES")) return "";
    throw error;
  }
}
