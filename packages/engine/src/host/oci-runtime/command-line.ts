/** What crun and runc have in common: the runtime-spec's verbs as a command line. */
import { withoutDyingFirst } from "../process/foreground.ts";
import { readIfThere } from "../../base/if-there.ts";
import { EngineError, type EngineError as EngineFailure } from "@podwright/spec/errors/engine-error";
import type { RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { closeSync, existsSync, rmSync } from "node:fs";
import type { CapturedEnd, CapturedExec, OciRuntime, RuntimeExec } from "../../ports/runtime.ts";
import { killWithAll } from "../process/process-group.ts";
import { type RunResult, runCommand } from "../process/run.ts";
import { fromThree, spawnProcess } from "../process/spawn.ts";
import { makePipe } from "../sys/pipe.ts";
import type { CompiledSeccomp } from "./compiled-seccomp.ts";
import { runtimeFailure } from "./failure.ts";
import { startFifo } from "./runtime-state.ts";

const DEFAULT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

export interface RuntimePlace {
  readonly name: string;
  readonly path: string;
  /** Where the runtime keeps its own state: on tmpfs, gone with the boot. */
  readonly root: string;
  /** Further global flags, without their dashes. */
  readonly flags?: readonly string[];
  /** False: the caller has none, and the runtime is not to look for any. */
  readonly cgroups?: boolean;
}

/** Gives false when the container's init did not answer: then the runtime's own `start` is tried. */
export type StartByFifo = (fifo: string) => Promise<boolean>;

export interface RuntimeTricks {
  readonly startByFifo: StartByFifo;
  /** Of a runtime that takes filters in this form. */
  readonly filters?: CompiledSeccomp;
  /** Global arguments that have it leave cgroups alone. */
  readonly withoutCgroups?: readonly string[];
}

export class CommandLineRuntime implements OciRuntime {
  readonly name: string;
  readonly path: string;
  readonly globalArgs: readonly string[];
  readonly #root: string;
  readonly #tricks: RuntimeTricks;

  constructor(place: RuntimePlace, tricks: RuntimeTricks) {
    this.name = place.name;
    this.path = place.path;
    const withoutCgroups = place.cgroups === false ? (tricks.withoutCgroups ?? []) : [];
    const flags = (place.flags ?? []).map((flag) => `--${flag}`);
    this.globalArgs = ["--root", place.root, ...withoutCgroups, ...flags];
    this.#root = place.root;
    this.#tricks = tricks;
  }

  async version(): Promise<string> {
    const result = await runCommand({ argv: [this.path, "--version"] });
    return result.stdout.toString().trim();
  }

  tuned(spec: RuntimeSpec): RuntimeSpec {
    return this.#tricks.filters?.replaceIn(spec) ?? spec;
  }

  learn(id: string, spec: RuntimeSpec): void {
    this.#tricks.filters?.keep(spec, `${this.#root}/${id}/seccomp.bpf`);
  }

  async start(id: string, options: { hooks: boolean } = { hooks: false }): Promise<void> {
    if (!options.hooks && (await this.#tricks.startByFifo(this.#fifo(id)))) return;
    await this.#call("start", id);
  }

  async delete(id: string): Promise<void> {
    if (!existsSync(`${this.#root}/${id}`)) return;
    const result = await this.#run("delete", "--force", id);
    if (result.exitCode === 0) return;
    if (!existsSync(`${this.#root}/${id}`)) return;
    // Its state is unreadable (a creation cut short, a reboot): the processes are the cgroup's business.
    if (/does not exist|No such file|unexpected end|parse|not found/i.test(result.stderr)) {
      this.forget(id);
      return;
    }
    throw this.failure(result.stderr);
  }

  forget(id: string): void {
    rmSync(`${this.#root}/${id}`, { recursive: true, force: true });
  }

  async pause(id: string): Promise<void> {
    await this.#call("pause", id);
  }

  async resume(id: string): Promise<void> {
    await this.#call("resume", id);
  }

  async pausedWhile<T>(id: string, work: () => Promise<T>): Promise<T> {
    // It waits for the end of its input, which comes when we close ours or are gone.
    const input = makePipe();
    const guard = spawnProcess({
      argv: ["/bin/sh", "-c", 'cat; exec "$@"', "sh", this.path, ...this.globalArgs, "resume", id],
      env: { PATH: process.env["PATH"] ?? DEFAULT_PATH, LC_ALL: "C" },
      stdin: input.read,
      stdout: "ignore",
      stderr: "ignore",
      // Ctrl-C is for us: it must not end before us.
      detached: true,
    });
    closeSync(input.read);
    try {
      await this.pause(id);
      return await work();
    } finally {
      closeSync(input.write);
      await guard.exited;
    }
  }

  async exec(request: RuntimeExec): Promise<number> {
    const argv = [this.path, ...this.globalArgs, ...this.logArgs(request.logFile)];
    const preserved = request.preserveFds ?? 0;
    const preserve = preserved > 0 ? ["--preserve-fds", `${preserved}`] : [];
    const child = spawnProcess({
      argv: [...argv, "exec", ...preserve, "--process", request.processFile, request.id],
      env: { PATH: process.env["PATH"] ?? DEFAULT_PATH, LC_ALL: "C" },
      stdin: request.stdin ? "inherit" : "ignore",
      stdout: "inherit",
      stderr: "inherit",
      extra: fromThree(preserved),
    });
    const { exitCode, signal } = await withoutDyingFirst(child);
    if (signal === undefined && exitCode === 0) return 0;
    const report = readIfThere(request.logFile) ?? "";
    if (/"level":\s*"(error|fatal)"/.test(report)) throw this.failure(report);
    return exitCode;
  }

  async execCaptured(request: CapturedExec): Promise<CapturedEnd> {
    const { runBounded } = await import("../process/run-bounded.ts");
    const argv = [this.path, ...this.globalArgs, ...this.logArgs(request.logFile)];
    const files = ["--process", request.processFile, "--pid-file", request.pidFile];
    const kept = request.keptFirst === undefined ? {} : { keptFirst: request.keptFirst };
    const end = await runBounded({
      argv: [...argv, "exec", ...files, request.id],
      timeout: request.timeout,
      ...kept,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      // The runtime's own end would leave the process running: it comes with that of the process.
      kill: () => this.endExec(Number((readIfThere(request.pidFile) ?? "").trim())),
    });
    if (end.exitCode === 0 || end.killed) return end;
    const report = readIfThere(request.logFile) ?? "";
    if (/"level":\s*"(error|fatal)"/.test(report)) throw this.failure(report);
    return end;
  }

  endExec(pid: number): void {
    killWithAll(pid);
  }

  awaitsStart(id: string): boolean {
    return existsSync(this.#fifo(id));
  }

  logArgs(file: string): readonly string[] {
    return ["--log-format=json", "--log", file];
  }

  failure(report: string): EngineFailure {
    return runtimeFailure(this.name, report);
  }

  #fifo(id: string): string {
    return startFifo(this.#root, id);
  }

  #run(...args: readonly string[]): Promise<RunResult> {
    return runCommand({ argv: [this.path, ...this.globalArgs, ...args] });
  }

  async #call(verb: string, id: string): Promise<void> {
    const result = await this.#run(verb, id);
    if (result.exitCode !== 0) throw this.failure(result.stderr);
  }
}

/** @throws HOST_PART_MISSING */
export function missingRuntime(name: string, candidates: readonly string[]): EngineError {
  return new EngineError("HOST_PART_MISSING", `cannot find OCI runtime ${JSON.stringify(name)}`, {
    hint: "install crun or runc, or name one with --runtime",
    details: { candidates },
  });
}
