/** A holder of namespaces that begins to hold when it is told to, and ends if its maker ends before that. */
import { closeSync, existsSync, readFileSync, writeSync } from "node:fs";
import { CATATONIT_PATHS } from "../process/catatonit-paths.ts";
import { spawnProcess, type SpawnedProcess } from "../process/spawn.ts";
import { makePipe, readOnce } from "../sys/pipe.ts";

/** The shell says that it is there, waits for a line, and becomes the holder. Without the line it ends. */
const SCRIPT = 'echo; read -r go && exec "$@" </dev/null >/dev/null 2>&1';
const SIGKILL = 9;
/** In its environment, by which one is known whose note is lost: logins come and go with their runtime directory. */
export const HOLDER_MARK = "_PODWRIGHT_HOLDER=1";

export class HeldBack implements Pick<SpawnedProcess, "pid"> {
  readonly pid: number;
  /** What was said instead of starting. */
  readonly failure: string | undefined;
  readonly #child: SpawnedProcess;
  readonly #go: number;
  #settled = false;

  private constructor(child: SpawnedProcess, go: number, failure: string | undefined) {
    this.pid = child.pid;
    this.failure = failure;
    this.#child = child;
    this.#go = go;
  }

  /** `way` is the program that makes or enters the namespaces and then becomes what follows. */
  static async start(way: readonly string[]): Promise<HeldBack> {
    const [go, ready, report] = [makePipe(), makePipe(), makePipe()];
    const [name = "", value = ""] = HOLDER_MARK.split("=");
    const child = spawnProcess({
      argv: [...way, "/bin/sh", "-c", SCRIPT, "sh", ...holding()],
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C", [name]: value },
      cwd: "/",
      stdin: go.read,
      stdout: ready.write,
      stderr: report.write,
      detached: true,
    });
    child.unref();
    for (const fd of [go.read, ready.write, report.write]) closeSync(fd);
    const began = (await readOnce(ready.read)) !== "";
    // It has ended: all that it has said is in the pipe.
    const failure = began ? undefined : readFileSync(report.read, "utf8").trim();
    for (const fd of [ready.read, report.read]) closeSync(fd);
    return new HeldBack(child, go.write, failure);
  }

  letGo(): void {
    writeSync(this.#go, "go\n");
    this.#settled = true;
  }

  /** Ends it unless it was let go. */
  abandon(): void {
    closeSync(this.#go);
    if (!this.#settled) this.#child.kill(SIGKILL);
  }
}

/** What sleeps, reaps, and needs nothing. */
function holding(): readonly string[] {
  const catatonit = CATATONIT_PATHS.find((path) => existsSync(path));
  return catatonit === undefined ? ["sleep", "infinity"] : [catatonit, "-P"];
}
