/** Which of a mount's options no manifest can say. */
import { parseMemorySize } from "@podwright/spec/values/size";
import type { ContainerMount } from "../../ports/container-record.ts";
import type { GenerateHost } from "./context.ts";

/** Said in fields, or the way it is without them. */
const SAID: readonly string[] = [
  "ro",
  "rw",
  "rbind",
  "private",
  "rprivate",
  "slave",
  "rslave",
  "shared",
  "rshared",
  "exec",
  "tmpcopyup",
  "z",
  "Z",
];
const FLAGS = ["nosuid", "nodev", "noexec"] as const;
/** What volumes and tmpfs have unless asked otherwise. */
const USUAL: readonly string[] = ["nosuid", "nodev"];

/** One sentence each. */
export function lostOptions(mount: ContainerMount, host: GenerateHost): string[] {
  const where = `the mount at ${mount.destination}`;
  const lost = mount.options.filter(
    (option) => !SAID.includes(option) && !isFlag(option) && !isSize(mount, option),
  );
  const kind = mount.kind === "ramfs" ? [`${where} is a tmpfs when played, not a ramfs`] : [];
  const access = mount.kind === "image" && mount.options.includes("rw") ? ["rw"] : [];
  const all = [...lost, ...access, ...unusualFlags(mount, host)];
  return [...kind, ...all.map((option) => `${where}: the option ${option} is left out`)];
}

function isFlag(option: string): boolean {
  return FLAGS.some((flag) => flag === option);
}

/** nosuid, nodev and noexec that nobody asked for come back by themselves. */
function unusualFlags({ kind, source, options }: ContainerMount, host: GenerateHost): string[] {
  if (kind === "image" || kind === "devpts" || kind === "pod-volume") return [];
  const given = FLAGS.filter((flag) => options.includes(flag));
  if (kind !== "bind") return given.filter((flag) => !USUAL.includes(flag));
  const flags = host.mountFlags(source);
  return flags === undefined ? [] : given.filter((flag) => !flags[flag]);
}

function isSize({ kind }: ContainerMount, option: string): boolean {
  return kind === "tmpfs" && option.startsWith("size=") && sizeOf(option) !== undefined;
}

/** Bytes; undefined where no size is given, or one in per cent. */
export function memorySize({ options }: ContainerMount): number | undefined {
  const option = options.find((text) => text.startsWith("size="));
  return option === undefined ? undefined : sizeOf(option);
}

function sizeOf(option: string): number | undefined {
  const text = option.slice("size=".length);
  return /^\d+[kmgtKMGT]?$/.test(text) ? parseMemorySize(text) : undefined;
}
