/** SystemFacts from /proc, /sys and /etc/os-release. */
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { arch, availableParallelism } from "node:os";
import type { HostDistribution, SystemFacts, HostPart, IdMapping } from "../../ports/system-facts.ts";
import type { ContainersConf } from "../../ports/settings.ts";
import { fileSystemName } from "./file-system-names.ts";
import { findParts } from "./parts.ts";

const GO_ARCH: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

export class LinuxFacts implements SystemFacts {
  readonly #config: () => ContainersConf;

  constructor(config: () => ContainersConf) {
    this.#config = config;
  }

  get arch(): string {
    return GO_ARCH[arch()] ?? arch();
  }

  get cpus(): number {
    return availableParallelism();
  }

  hostname(): string {
    return read("/proc/sys/kernel/hostname").trim();
  }

  kernel(): string {
    return read("/proc/sys/kernel/osrelease").trim();
  }

  memory() {
    const text = read("/proc/meminfo");
    const bytes = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
    return {
      free: bytes("MemFree"),
      total: bytes("MemTotal"),
      swapFree: bytes("SwapFree"),
      swapTotal: bytes("SwapTotal"),
    };
  }

  cpuUse() {
    // proc(5), /proc/stat: user, nice, system, idle.
    const [, user = 0, , system = 0, idle = 0] = (read("/proc/stat").split("\n")[0] ?? "")
      .split(/\s+/)
      .map(Number);
    const total = user + system + idle || 1;
    const percent = (part: number): number => Math.round((part / total) * 10_000) / 100;
    return { user: percent(user), system: percent(system), idle: percent(idle) };
  }

  uptime(): number {
    return Number(read("/proc/uptime").split(" ")[0]);
  }

  distribution(): HostDistribution {
    const text = existsSync("/etc/os-release") ? read("/etc/os-release") : "";
    const value = (key: string): string =>
      (new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? "").replace(/^["']|["']$/g, "");
    return {
      id: value("ID") || "unknown",
      version: value("VERSION_ID") || "unknown",
      variant: value("VARIANT_ID"),
      codename: value("VERSION_CODENAME"),
    };
  }

  security() {
    const apparmor = "/sys/module/apparmor/parameters/enabled";
    return {
      apparmor: existsSync(apparmor) && read(apparmor).startsWith("Y"),
      seccomp: /^Seccomp:/m.test(read("/proc/self/status")),
      selinux: existsSync("/sys/fs/selinux/enforce"),
    };
  }

  diskUse(path: string) {
    const stats = statfsSync(path);
    const allocated = stats.bsize * stats.blocks;
    return { allocated, used: allocated - stats.bsize * stats.bfree };
  }

  fileSystem(path: string): string {
    return fileSystemName(statfsSync(path).type);
  }

  idMappings() {
    const uid = parseIdMap(read("/proc/self/uid_map"));
    // The initial namespace maps all ids to themselves.
    if (uid.length === 1 && uid[0]?.size === 4_294_967_295) return undefined;
    return { uid, gid: parseIdMap(read("/proc/self/gid_map")) };
  }

  parts(): Promise<HostPart[]> {
    return findParts(this.#config());
  }
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}

function parseIdMap(text: string): IdMapping[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [containerId = 0, hostId = 0, size = 0] = line.trim().split(/\s+/).map(Number);
    return { containerId, hostId, size };
  });
}
