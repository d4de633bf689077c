/** The columns of `top`: AIX format descriptors as ps(1) knows them, and those that are about containers. */
import { rfc3339Nano } from "../base/go-time.ts";
import { CAPABILITIES, capabilitiesOfMask } from "@podwright/spec/values/capability";
import { type IdKind, insideId, outsideId } from "@podwright/spec/values/id-map";
import { goDuration } from "@podwright/spec/values/duration";
import type { CapabilitySet, ProcessFacts } from "../ports/process-facts.ts";
import type { AccountNames } from "./account-names.ts";
import { terminalName } from "./terminal-name.ts";

/** What a column may ask besides the process. */
export interface TableMoment {
  /** Milliseconds since 1970, and seconds since boot, of the same moment. */
  readonly now: number;
  readonly uptime: number;
  /** Of the container's own users and groups, and of the host's. */
  readonly names: (pid: number) => AccountNames;
  readonly hostNames: () => AccountNames;
}

export interface Column {
  readonly name: string;
  /** "%C" */
  readonly code?: string;
  readonly title: string;
  readonly show: (facts: ProcessFacts, moment: TableMoment) => string;
}

export const DEFAULT_DESCRIPTORS = ["user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args"];

function column(name: string, title: string, show: Column["show"], code?: string): Column {
  return { name, title, show, ...(code === undefined ? {} : { code }) };
}

const capabilities = (name: string, title: string, set: CapabilitySet): Column =>
  column(name, title, (p) => showCapabilities(p.capabilities[set]));

export const COLUMNS: readonly Column[] = [
  column("pcpu", "%CPU", showCpuShare, "%C"),
  column("group", "GROUP", (p, m) => m.names(p.pid).group(inside(p, "gid", p.group.effective)), "%G"),
  column("groups", "GROUPS", (p, m) =>
    p.groups.map((gid) => m.names(p.pid).group(inside(p, "gid", gid))).join(","),
  ),
  column("ppid", "PPID", (p) => String(p.inside.parent), "%P"),
  column("user", "USER", (p, m) => m.names(p.pid).user(inside(p, "uid", p.user.effective)), "%U"),
  column("uid", "UID", (p) => String(inside(p, "uid", p.user.effective))),
  column("args", "COMMAND", showCommand, "%a"),
  column("comm", "COMMAND", (p) => p.name, "%c"),
  column("rgroup", "RGROUP", (p, m) => m.names(p.pid).group(inside(p, "gid", p.group.real)), "%g"),
  column("nice", "NI", (p) => String(p.nice), "%n"),
  column("pid", "PID", (p) => String(p.inside.pid), "%p"),
  column("pgid", "PGID", (p) => String(p.inside.group), "%r"),
  column("etime", "ELAPSED", (p, m) => seconds(m.uptime - p.startTime), "%t"),
  column("ruser", "RUSER", (p, m) => m.names(p.pid).user(inside(p, "uid", p.user.real)), "%u"),
  column("time", "TIME", (p) => seconds(Math.floor(p.cpuTime)), "%x"),
  column("tty", "TTY", (p) => terminalName(p.terminal), "%y"),
  column("vsz", "VSZ", (p) => String(p.virtualSize), "%z"),
  capabilities("capamb", "AMBIENT CAPS", "ambient"),
  capabilities("capinh", "INHERITED CAPS", "inheritable"),
  capabilities("capprm", "PERMITTED CAPS", "permitted"),
  capabilities("capeff", "EFFECTIVE CAPS", "effective"),
  capabilities("capbnd", "BOUNDING CAPS", "bounding"),
  column("seccomp", "SECCOMP", (p) => ["disabled", "strict", "filter"][p.seccomp] ?? "?"),
  column("label", "LABEL", (p) => p.label),
  column("hpid", "HPID", (p) => String(p.pid)),
  column("huser", "HUSER", (p, m) => m.hostNames().user(onHost(p, "uid", p.user.effective))),
  column("huid", "HUID", (p) => String(onHost(p, "uid", p.user.effective))),
  column("hgroup", "HGROUP", (p, m) => m.hostNames().group(onHost(p, "gid", p.group.effective))),
  column("hgroups", "HGROUPS", (p) => p.groups.map((gid) => onHost(p, "gid", gid)).join(",")),
  column("rss", "RSS", (p) => String(p.residentSize)),
  column("state", "STATE", (p) => p.state),
  column("stime", "STIME", showStart),
];

/** What the kernel shows where there is no such id. */
const NOBODY = 65_534;

function inside({ idsInside }: ProcessFacts, kind: IdKind, id: number): number {
  return idsInside === undefined ? id : (insideId(idsInside[kind], id) ?? NOBODY);
}

function onHost({ idsOfHost }: ProcessFacts, kind: IdKind, id: number): number {
  return outsideId(idsOfHost[kind], id) ?? NOBODY;
}

/** Undefined for what is none: an option of ps(1), perhaps. */
export function findColumn(descriptor: string): Column | undefined {
  return COLUMNS.find(({ name, code }) => descriptor === name || descriptor === code);
}

function showCpuShare(p: ProcessFacts, { uptime }: TableMoment): string {
  const elapsed = uptime - p.startTime;
  // Whole seconds of processor time, as TIME shows them.
  return (elapsed > 0 ? (100 * Math.floor(p.cpuTime)) / elapsed : 0).toFixed(3);
}

function showCommand({ args, name }: ProcessFacts): string {
  return args.length === 0 || args[0] === "" ? `[${name}]` : args.join(" ");
}

function showCapabilities(mask: bigint): string {
  if (mask === (1n << BigInt(CAPABILITIES.length)) - 1n) return "full";
  const names = capabilitiesOfMask(mask).map((name) => name.replace(/^CAP_/, ""));
  return names.length === 0 ? "none" : names.sort().join(",");
}

/** `2026-11-22 20:41:00 +0000 UTC`, to the second. */
function showStart(p: ProcessFacts, { now, uptime }: TableMoment): string {
  const at = Math.floor((now - (uptime - p.startTime) * 1000) / 1000) * 1000;
  const [, day = "", time = "", zone = ""] = /^(.{10})T(.{8})(.*)$/.exec(rfc3339Nano(at)) ?? [];
  const offset = zone === "Z" ? "+0000" : zone.replace(":", "");
  return `${day} ${time} ${offset} ${zone === "Z" ? "UTC" : offset}`;
}

function seconds(value: number): string {
  // The kernel counts in hundredths.
  return goDuration(Math.max(0, Math.round(value * 100)) * 10);
}
