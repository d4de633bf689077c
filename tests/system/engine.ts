/** The binary under test: runs it on a store of its own, in the suite's namespaces, and gives what it said. */
import { chownSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { asUser, USER } from "./user.ts";

export const REPOSITORY = normalize(join(import.meta.dir, "..", ".."));

export interface Result {
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  /** 128 + n when signal n ended it. */
  readonly code: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds; then it is killed and the test fails. */
  readonly timeout?: number;
}

export interface Engine {
  readonly root: string;
  readonly runRoot: string;
  /** The program and the options that lead to this store. */
  readonly argv: readonly string[];
  /** Any exit status is a result. */
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Result>;
  /** As run, for the common case. */
  readonly pw: (...args: readonly string[]) => Promise<Result>;
  /** Standard output without the last line feed; throws unless the exit status is 0. */
  readonly ok: (...args: readonly string[]) => Promise<string>;
  /** The parsed output of an `inspect` or `--format json`. */
  readonly json: (...args: readonly string[]) => Promise<unknown>;
}

/** Set by tools/test-in-namespace.sh. */
export function setting(name: "WORK" | "REGISTRY" | "REGISTRY_PID" | "REGISTRY_PROGRAM"): string {
  const value = process.env[`PODWRIGHT_TEST_${name}`];
  if (value === undefined)
    throw new Error("run the system tests by ./test: they need namespaces of their own");
  return value;
}

/** A reference engine can stand in for ours: PODWRIGHT_TEST_BINARY=podman, with further options in PODWRIGHT_TEST_FLAGS. */
export const BINARY = process.env["PODWRIGHT_TEST_BINARY"] ?? join(REPOSITORY, "dist", "podwright");
const FLAGS = (process.env["PODWRIGHT_TEST_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "");

export interface OpenOptions {
  /** A user who has no cgroups is not refused limits, but warned: for suites that have them beside what they look at. */
  readonly limitsLetGo?: boolean;
}

/** The engine on the store that the suites share, or on one of a suite's own. */
export function openEngine(store = "shared", { limitsLetGo = false }: OpenOptions = {}): Engine {
  const root = join(USER?.home ?? setting("WORK"), store);
  const runRoot = `${USER?.runtime ?? "/run"}/podwright-${store}`;
  mkdirSync(root, { recursive: true });
  if (USER !== undefined) chownSync(root, USER.uid, USER.gid);
  const variables = limitsLetGo ? [`CONTAINERS_CONF=${withoutCgroups()}`] : [];
  const program = USER === undefined ? [BINARY] : [...asUser(USER), ...variables, BINARY];
  const argv = [...program, ...FLAGS, "--root", root, "--runroot", runRoot];
  const run: Engine["run"] = (args, options) => execute([...argv, ...args], options);
  const ok: Engine["ok"] = async (...args) => succeed(await run(args));
  return {
    root,
    runRoot,
    argv,
    run,
    pw: (...args) => run(args),
    ok,
    json: async (...args) => JSON.parse(await ok(...args)),
  };
}

function withoutCgroups(): string {
  const path = join(setting("WORK"), "without-cgroups.conf");
  writeFileSync(path, '[containers]\ncgroups = "disabled"\n');
  return path;
}

/** A directory of whose engine is under test; those above it are there. */
export function makeOwn(path: string): void {
  mkdirSync(path, { recursive: true });
  if (USER !== undefined) chownSync(path, USER.uid, USER.gid);
}

/** A file of whose engine is under test. */
export function writeOwn(path: string, text: string): void {
  writeFileSync(path, text);
  if (USER !== undefined) chownSync(path, USER.uid, USER.gid);
}

/** For a suite's files; it belongs to whose engine is under test, and goes with all that the suites have. */
export function workDirectory(prefix: string): string {
  const path = mkdtempSync(join(setting("WORK"), prefix));
  if (USER !== undefined) chownSync(path, USER.uid, USER.gid);
  return path;
}

/** Standard output without the last line feed. @throws with everything that the command said */
export function succeed(result: Result): string {
  if (result.code === 0) return result.stdout.replace(/\n$/, "");
  throw new Error(`${describe(result)}\n${result.stdout}${result.stderr}`);
}

function describe({ argv, code }: Pick<Result, "argv" | "code">): string {
  return `exit status ${code} of: ${argv.join(" ")}`;
}

const TIMEOUT = 60_000;

/** Runs any program. @throws when it takes longer than the time-out */
export async function execute(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = Bun.spawn([...argv], {
    stdin: options.stdin === undefined ? "ignore" : Buffer.from(options.stdin),
    stdout: "pipe",
    stderr: "pipe",
    cwd: options.cwd ?? "/",
    env: { ...process.env, ...options.env },
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill(9);
  }, options.timeout ?? TIMEOUT);
  // A container that inherited the pipes keeps them open after the program has gone: that is a failure to see.
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  if (late) throw new Error(`timed out: ${argv.join(" ")}\n${stdout}${stderr}`);
  return { argv, stdout, stderr, code: await child.exited };
}

/** Runs a host tool and gives its output. @throws unless it succeeds */
export async function host(...argv: readonly string[]): Promise<string> {
  return succeed(await execute(argv));
}
