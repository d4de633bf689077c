/** The engines that are compared: which are there, how each is called, and Docker's daemon. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { lastLines, run } from "./process.ts";

/** What decides how it is called: Podman's commands, Docker's, or an OCI runtime's. */
export type Kind = "podwright" | "podman" | "docker" | "runtime";

export interface Engine {
  readonly name: string;
  readonly kind: Kind;
  /** The program and the options that lead to its store. */
  readonly argv: readonly string[];
  /** Variables that only it has. */
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
  /** A directory of its own, on disk. */
  readonly directory: string;
  /** Processes that work for it all the time. */
  readonly daemons: readonly number[];
}

export interface Peer {
  readonly name: string;
  readonly program: string;
}

const OWN = "/mnt/bin/podwright";
/** The OCI runtime that every engine is told to use, and that is measured by itself. */
export const RUNTIME = process.env["BENCH_RUNTIME"] ?? "crun";
const USUAL: readonly Peer[] = [
  { name: "podwright", program: OWN },
  { name: "podman", program: "podman" },
  { name: "docker", program: "docker" },
  { name: RUNTIME, program: RUNTIME },
];
export const BASELINE = "podman";

export interface Absent {
  readonly name: string;
  readonly reason: string;
}

export interface Engines {
  readonly engines: readonly Engine[];
  readonly absent: readonly Absent[];
  readonly stop: () => Promise<void>;
}

/** `wanted` names some of the usual peers; `more` adds to them, each found out by what it calls itself. */
export async function openEngines(
  work: string,
  wanted: readonly string[] | undefined,
  more: readonly Peer[],
): Promise<Engines> {
  const engines: Engine[] = [];
  const absent: Absent[] = [];
  const daemons: Daemon[] = [];
  const peers = [...USUAL.filter(({ name }) => wanted === undefined || wanted.includes(name)), ...more];
  for (const { name, program } of peers) {
    const said = await run([program, "--version"]);
    const kind = kindOf(said.stdout);
    if (said.code !== 0 || kind === undefined) {
      absent.push({ name, reason: lastLines(said.stderr) || `${program} is no engine that is known here` });
      continue;
    }
    const directory = join(work, name);
    mkdirSync(directory, { recursive: true });
    const env = await ownSubnet(directory, engines.length);
    const base = { name, kind, version: versionIn(said.stdout), directory, env };
    if (kind !== "docker") {
      engines.push({ ...base, argv: [program, ...storeOptions(base)], daemons: [] });
      continue;
    }
    const daemon = await startDocker(directory).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    if (typeof daemon === "string") absent.push({ name, reason: daemon });
    else {
      daemons.push(daemon);
      engines.push({ ...base, argv: [program, "--host", daemon.address], daemons: daemon.pids });
    }
  }
  return { engines, absent, stop: async () => void (await Promise.all(daemons.map(({ stop }) => stop()))) };
}

/** Bridges of two engines with the same addresses would take each other's packets. */
async function ownSubnet(directory: string, index: number): Promise<Readonly<Record<string, string>>> {
  const file = join(directory, "containers.conf");
  await Bun.write(file, `[network]\ndefault_subnet = "10.${90 + index}.0.0/16"\n`);
  return { CONTAINERS_CONF_OVERRIDE: file };
}

function kindOf(version: string): Kind | undefined {
  const [first = ""] = version.toLowerCase().split(/\s/);
  if (first === "podwright" || first === "podman" || first === "docker") return first;
  return first === "crun" || first === "runc" ? "runtime" : undefined;
}

function versionIn(said: string): string {
  return /\d+(\.\d+)+\S*?(?=,|\s|$)/.exec(said)?.[0] ?? said.trim();
}

function storeOptions({
  kind,
  directory,
  name,
}: Pick<Engine, "kind" | "directory" | "name">): readonly string[] {
  const runRoot = `/run/bench-${name}`;
  if (kind === "runtime") return ["--root", runRoot];
  return ["--root", join(directory, "store"), "--runroot", runRoot];
}

interface Daemon {
  readonly address: string;
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

const DAEMON_TRIES = 150;

/** With the runtime that all use, and a store of its own. @throws with the daemon's last words */
async function startDocker(directory: string): Promise<Daemon> {
  const address = "unix:///run/bench-docker.sock";
  const log = join(directory, "dockerd.log");
  const argv = [
    "dockerd",
    `--host=${address}`,
    `--data-root=${join(directory, "data")}`,
    "--exec-root=/run/bench-docker",
    "--pidfile=/run/bench-docker.pid",
    ...(RUNTIME === "runc"
      ? []
      : [`--add-runtime=${RUNTIME}=${Bun.which(RUNTIME)}`, `--default-runtime=${RUNTIME}`]),
  ];
  if (Bun.which("dockerd") === null) throw new Error("dockerd: not found");
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: Bun.file(log), stderr: Bun.file(log) });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await child.exited;
  };
  for (let attempt = 0; attempt < DAEMON_TRIES && child.exitCode === null; attempt++) {
    const info = await run(["docker", "--host", address, "info"]);
    if (info.code === 0) return { address, pids: [child.pid, ...(await childrenOf(child.pid))], stop };
    await Bun.sleep(100);
  }
  await stop();
  throw new Error(`dockerd does not start: ${lastLines(await Bun.file(log).text())}`);
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const listed = await run(["pgrep", "-P", String(pid)]);
  return listed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}
