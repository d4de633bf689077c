/** HostFacts from /proc, /sys and /dev; each is read when it is first asked for. */
import { capabilitiesOfMask } from "@podwright/spec/values/capability";
import type { RuntimeDevice } from "@podwright/spec/oci-runtime/spec";
import { lstatSync, readdirSync, readFileSync, statfsSync, statSync, type Stats } from "node:fs";
import { arch, hostname, release } from "node:os";
import type { HostFacts, MountFlags } from "../../ports/host-facts.ts";
import { isErrno } from "../sys/libc.ts";
import { MS } from "../sys/mount.ts";
import { mountFlagsOf } from "../sys/statfs.ts";

const CGROUP2_MAGIC = 0x63677270;
const CAP_SYS_RESOURCE = "CAP_SYS_RESOURCE";

/** Names in /proc/self/limits by the kernel's short names. */
const LIMIT_ROWS: Readonly<Record<string, string>> = {
  as: "Max address space",
  core: "Max core file size",
  cpu: "Max cpu time",
  data: "Max data size",
  fsize: "Max file size",
  locks: "Max file locks",
  memlock: "Max locked memory",
  msgqueue: "Max msgqueue size",
  nice: "Max nice priority",
  nofile: "Max open files",
  nproc: "Max processes",
  rss: "Max resident set",
  rtprio: "Max realtime priority",
  rttime: "Max realtime timeout",
  sigpending: "Max pending signals",
  stack: "Max stack size",
};

/** Never handed to a privileged container: they are the container's own or other mounts' business. */
const SKIPPED_IN_DEV: readonly string[] = [
  "pts",
  "shm",
  "fd",
  "mqueue",
  "console",
  ".lxc",
  ".lxd-mounts",
  ".udev",
];

export class ProcHostFacts implements HostFacts {
  #status: string | undefined;
  #limits: string | undefined;

  get arch(): string {
    const names: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
    return names[arch()] ?? arch();
  }

  get kernel(): readonly [number, number] {
    const [, major = "0", minor = "0"] = /^(\d+)\.(\d+)/.exec(release()) ?? [];
    return [Number(major), Number(minor)];
  }

  get hostname(): string {
    return hostname();
  }

  get cgroupVersion(): HostFacts["cgroupVersion"] {
    if (statfsSync("/sys/fs/cgroup").type === CGROUP2_MAGIC) return "v2";
    return isPresent("/sys/fs/cgroup/unified") ? "hybrid" : "v1";
  }

  get limitsSwap(): boolean {
    return this.cgroupVersion === "v2" || isPresent("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes");
  }

  hasGroup(gid: number): boolean {
    return textOf("/proc/self/gid_map")
      .split("\n")
      .some((line) => {
        const [first = 0, , size = 0] = line.trim().split(/\s+/).map(Number);
        return gid >= first && gid < first + size;
      });
  }

  get messageQueues(): boolean {
    return isPresent("/dev/mqueue");
  }

  get selinux(): boolean {
    return isPresent("/sys/fs/selinux/enforce");
  }

  get apparmor(): boolean {
    return textOf("/sys/module/apparmor/parameters/enabled").startsWith("Y");
  }

  get hasJournal(): boolean {
    return isPresent("/run/systemd/journal/socket");
  }

  get userNamespace(): boolean {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(textOf("/proc/self/uid_map"));
  }

  get boundingCapabilities(): readonly string[] {
    return this.#capabilities("CapBnd");
  }

  get canRaiseLimits(): boolean {
    // That of a user namespace counts for what is the namespace's, which limits are not.
    return !this.userNamespace && this.#capabilities("CapEff").includes(CAP_SYS_RESOURCE);
  }

  limit(name: string): { readonly soft: number; readonly hard: number } | undefined {
    this.#limits ??= textOf("/proc/self/limits");
    const row = this.#limits.split("\n").find((line) => line.startsWith(`${LIMIT_ROWS[name]} `));
    const [soft, hard] = row?.slice(26).trim().split(/\s+/) ?? [];
    if (soft === undefined || hard === undefined) return undefined;
    return { soft: limitValue(soft), hard: limitValue(hard) };
  }

  async primaryAddress(): Promise<string> {
    return (await import("./primary-address.ts")).primaryAddress();
  }

  mountFlags(path: string): MountFlags {
    const flags = mountFlagsOf(path);
    return {
      nosuid: (flags & MS.NOSUID) !== 0,
      nodev: (flags & MS.NODEV) !== 0,
      noexec: (flags & MS.NOEXEC) !== 0,
    };
  }

  devices(path: string): readonly RuntimeDevice[] {
    let stat: Stats;
    try {
      stat = statSync(path);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
      throw error;
    }
    if (stat.isDirectory()) return devicesBelow(path, path === "/dev" ? SKIPPED_IN_DEV : []);
    const device = toDevice(path, stat);
    return device === undefined ? [] : [device];
  }

  #capabilities(field: string): string[] {
    this.#status ??= textOf("/proc/self/status");
    const mask = new RegExp(`^${field}:\\s*([0-9a-f]+)`, "m").exec(this.#status)?.[1] ?? "0";
    return capabilitiesOfMask(BigInt(`0x${mask}`));
  }
}

function devicesBelow(directory: string, skipped: readonly string[]): RuntimeDevice[] {
  const devices: RuntimeDevice[] = [];
  for (const name of readdirSync(directory).sort()) {
    if (skipped.includes(name)) continue;
    const path = `${directory}/${name}`;
    // Links are left out: their targets are found under their own names.
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const device = toDevice(path, stat);
    if (device !== undefined) devices.push(device);
    else if (stat.isDirectory()) devices.push(...devicesBelow(path, []));
  }
  return devices;
}

function toDevice(path: string, stat: Stats): RuntimeDevice | undefined {
  const type = stat.isCharacterDevice() ? "c" : stat.isBlockDevice() ? "b" : undefined;
  if (type === undefined) return undefined;
  const { major, minor } = splitDevice(stat.rdev);
  return { path, type, major, minor, fileMode: stat.mode & 0o777, uid: stat.uid, gid: stat.gid };
}

/** glibc's packing of a device number. */
function splitDevice(rdev: number): { readonly major: number; readonly minor: number } {
  const n = BigInt(rdev);
  return {
    major: Number(((n >> 8n) & 0xfffn) | ((n >> 32n) & ~0xfffn)),
    minor: Number((n & 0xffn) | ((n >> 12n) & ~0xffn & 0xffffffffn)),
  };
}

function limitValue(text: string): number {
  return text === "unlimited" ? -1 : Number(text);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}

function isPresent(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
