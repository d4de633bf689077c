/** The way in where everything is as usual, without what finding, checking and making it takes: 3 ms of each command. */
import { readSmall, tryToReplaceProcess } from "../sys/raw-calls.ts";
import { wayIn } from "./way-in.ts";

const NSENTER = "/usr/bin/nsenter";
/** The first word of lines that touch nothing of the host. */
const ANSWERED_OUTSIDE = new Set(["help", "-h", "--help", "-v", "--version", "version", "completion"]);

/** Which may be meant for us or for a container's command; ours is refused outside, as Podman's is. */
const MAYBE_OUTSIDE = new Set(["--help", "mount"]);

/** False for lines that may be answered outside. */
export function needsNamespaces(argv: readonly string[]): boolean {
  const [, first] = argv;
  return first !== undefined && !ANSWERED_OUTSIDE.has(first) && !argv.some((word) => MAYBE_OUTSIDE.has(word));
}

/**
 * Does not come back where the holder is alive and the way is free. Nothing is taken on trust here but its pid: nobody
 * gets into namespaces that are not their own.
 */
export function quickJoin(argv: readonly string[]): void {
  const directory = process.env["XDG_RUNTIME_DIR"];
  if (directory === undefined || !directory.startsWith("/")) return;
  const [pid = "", startTime, bootId] = readSmall(`${directory}/podwright.userns`)?.split(" ") ?? [];
  if (!/^\d+$/.test(pid) || bootId === undefined) return;
  if (readSmall("/proc/sys/kernel/random/boot_id")?.trim() !== bootId) return;
  if (startTimeOf(readSmall(`/proc/${pid}/stat`)) !== startTime) return;
  tryToReplaceProcess(wayIn(NSENTER, { pid: Number(pid), directory }, argv));
}

/** proc(5), /proc/PID/stat, field 22; the second one may hold anything. A zombie's is none. */
function startTimeOf(stat: string | undefined): string | undefined {
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}
