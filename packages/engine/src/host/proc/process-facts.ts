/** Facts of processes from /proc (proc(5)). A process may go at any moment: then it is left out. */
import type { IdMapping, IdMappings } from "@podwright/spec/values/id-map";
import { readFileSync, readlinkSync } from "node:fs";
import type { ProcessFacts, ProcessReader } from "../../ports/process-facts.ts";
import { isErrno } from "../sys/libc.ts";

/** USER_HZ, which is 100 on all that we run on. */
const TICKS_PER_SECOND = 100;

export class ProcReader implements ProcessReader {
  read(pids: readonly number[]): ProcessFacts[] {
    const parents = new Map<string, number>();
    const ours = readMaps("self");
    return pids.flatMap((pid) => {
      const files = readFiles(pid);
      if (files === undefined) return [];
      const facts = parseFacts(pid, files, (parent) => innerPid(pid, parent, parents));
      const inside = ownNamespace(pid) ? undefined : readMaps(pid);
      return [{ ...facts, idsOfHost: ours, ...(inside === undefined ? {} : { idsInside: inside }) }];
    });
  }

  uptime(): number {
    return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  }
}

export interface ProcessFiles {
  readonly stat: string;
  readonly status: string;
  readonly cmdline: string;
  readonly label: string;
}

/** `inner` gives a parent's number in the process's own namespace. */
export function parseFacts(
  pid: number,
  files: ProcessFiles,
  inner: (parent: number) => number,
): Omit<ProcessFacts, "idsInside" | "idsOfHost"> {
  const { stat, status } = files;
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  // Field 3 (state) is the first after the name, which may hold anything.
  const fields = stat.slice(close + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3] ?? "0");
  const words = (key: string): string[] => statusLine(status, key).split(/\s+/).filter(Boolean);
  const number = (key: string, place = 0): number => Number(words(key)[place] ?? "0");
  const last = (key: string): number => Number(words(key).at(-1) ?? "0");
  const mask = (key: string): bigint => BigInt(`0x${words(key)[0] ?? "0"}`);
  return {
    pid,
    inside: { pid: last("NSpid"), parent: inner(number("PPid")), group: last("NSpgid") },
    name: stat.slice(open + 1, close),
    args: splitArguments(files.cmdline),
    state: fields[0] ?? "?",
    user: { real: number("Uid"), effective: number("Uid", 1) },
    group: { real: number("Gid"), effective: number("Gid", 1) },
    groups: words("Groups").map(Number),
    nice: field(19),
    terminal: field(7),
    cpuTime: (field(14) + field(15)) / TICKS_PER_SECOND,
    startTime: field(22) / TICKS_PER_SECOND,
    virtualSize: Math.floor(field(23) / 1024),
    residentSize: number("VmRSS"),
    capabilities: {
      ambient: mask("CapAmb"),
      inheritable: mask("CapInh"),
      permitted: mask("CapPrm"),
      effective: mask("CapEff"),
      bounding: mask("CapBnd"),
    },
    seccomp: number("Seccomp"),
    label: files.label,
  };
}

function statusLine(status: string, key: string): string {
  return new RegExp(`^${key}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "";
}

function splitArguments(cmdline: string): string[] {
  return cmdline === "" ? [] : cmdline.replace(/\0+$/, "").split("\0");
}

function readFiles(pid: number): ProcessFiles | undefined {
  try {
    const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, "utf8");
    return { stat: read("stat"), status: read("status"), cmdline: read("cmdline"), label: readLabel(pid) };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/** In our own user namespace; the maps of another one are told in our ids. */
function ownNamespace(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) === readlinkSync("/proc/self/ns/user");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES")) return true;
    throw error;
  }
}

function readMaps(pid: number | "self"): IdMappings {
  return { uid: readMap(`/proc/${pid}/uid_map`), gid: readMap(`/proc/${pid}/gid_map`) };
}

/** Of a process that is gone: none. */
function readMap(path: string): IdMapping[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [inside = 0, outside = 0, size = 0] = line.trim().split(/\s+/).map(Number);
        return { inside, outside, size };
      });
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES")) return [];
    throw error;
  }
}

function readLabel(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/attr/current`, "utf8").replace(/[\n\0]+$/, "");
  } catch (error) {
    // EINVAL: no security module gives labels.
    if (isErrno(error, "ENOENT", "ESRCH", "EINVAL", "EACCES")) return "?";
    throw error;
  }
}

/** 0 where the parent is of another PID namespace. */
function innerPid(child: number, parent: number, known: Map<string, number>): number {
  if (parent === 0) return 0;
  try {
    const namespace = readlinkSync(`/proc/${child}/ns/pid`);
    const key = `${namespace} ${parent}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const same = readlinkSync(`/proc/${parent}/ns/pid`) === namespace;
    const status = same ? readFileSync(`/proc/${parent}/status`, "utf8") : "";
    const inner = Number(statusLine(status, "NSpid").split(/\s+/).at(-1) ?? "0");
    known.set(key, inner);
    return inner;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES")) return 0;
    throw error;
  }
}
