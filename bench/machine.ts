/** What the numbers were measured on: kernel, processors, memory, and the versions of all parts. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { RUNTIME } from "./engines.ts";
import { run } from "./process.ts";
import { quantile, rounded } from "./statistics.ts";

export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly kernel: string;
  readonly processor: string;
  readonly cores: number;
  /** Gigabytes (10⁹). */
  readonly memory: number;
  /** Processes that wanted a core in the minute before: a quiet machine has next to none. */
  readonly load: number;
  readonly system: string;
  readonly fileSystem: string;
  readonly cgroups: string;
  /** The OCI runtime that every engine was told to use. */
  readonly runtime: string;
  /** Milliseconds that starting and awaiting any program takes here: in every number. */
  readonly floor: number;
  readonly parts: Readonly<Record<string, string>>;
}

const PARTS: Readonly<Record<string, readonly string[]>> = {
  crun: ["crun", "--version"],
  runc: ["runc", "--version"],
  conmon: ["conmon", "--version"],
  netavark: ["/usr/lib/podman/netavark", "--version"],
  "aardvark-dns": ["/usr/lib/podman/aardvark-dns", "--version"],
  dockerd: ["dockerd", "--version"],
  containerd: ["containerd", "--version"],
  nft: ["nft", "--version"],
};

export async function describeMachine(work: string): Promise<Machine> {
  const parts: Record<string, string> = {};
  for (const [name, argv] of Object.entries(PARTS)) {
    const version = /\d+(\.\d+)+/.exec((await run(argv)).stdout)?.[0];
    if (version !== undefined) parts[name] = version;
  }
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  return {
    date: new Date().toISOString().slice(0, 16),
    commit: process.env["BENCH_COMMIT"] ?? "unknown",
    kernel: release(),
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memory: rounded(totalmem() / 1e9),
    load: rounded(loadavg()[0] ?? 0),
    system: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown",
    fileSystem: (await run(["stat", "-f", "-c", "%T", work])).stdout.trim(),
    cgroups: / \/sys\/fs\/cgroup\S* cgroup /.test(mounts) ? "version 1" : "version 2",
    runtime: RUNTIME,
    floor: floor(),
    parts,
  };
}

function floor(): number {
  const times = Array.from({ length: 50 }, () => {
    const started = performance.now();
    Bun.spawnSync(["true"], { stdio: ["ignore", "ignore", "ignore"] });
    return performance.now() - started;
  });
  return rounded(
    quantile(
      times.sort((a, b) => a - b),
      0.5,
    ),
  );
}
