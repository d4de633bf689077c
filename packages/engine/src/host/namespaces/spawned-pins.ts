/**
 * Pins by unshare(1), for an ordinary user: a thread of ours could go into namespaces of the user's, but not back into
 * those of the host.
 */
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { PinnedNamespace } from "../../ports/namespaces.ts";
import { runNow } from "../process/run-now.ts";

export interface SpawnedPins {
  readonly hostname?: string;
  /** By the path of the file. */
  readonly sysctls: readonly (readonly [path: string, value: string])[];
}

/**
 * Arguments: this program, "net" or nothing, the host name or nothing, then file and value of each sysctl. hostname(1)
 * refuses names that the kernel takes, such as those with an underscore.
 */
const SCRIPT = `
self=$1 net=$2 name=$3
shift 3
case $name in
  '') ;;
  *[!a-zA-Z0-9.-]* | [.-]* | *[.-]) "$self" internal set-hostname "$name" || exit 1 ;;
  *) hostname "$name" || exit 1 ;;
esac
while [ $# -gt 1 ]; do
  printf %s "$2" >"$1" || exit 1
  shift 2
done
[ -z "$net" ] || exec ip link set lo up
`;
const LO_UP = ["ip", "link", "set", "lo", "up"];

/** The files are there; `lo` is up afterwards. @throws HOST_CALL_FAILED, HOST_PART_MISSING */
export function pinBySpawn(dir: string, kinds: readonly PinnedNamespace[], settings: SpawnedPins): void {
  runIn(dir, ["unshare", ...kinds.map((kind) => `--${kind}=${dir}/${kind}`)], inside(kinds, settings));
}

/** The same of namespaces that are pinned, as root of the user namespace that they belong to. */
export function furnishBySpawn(
  { dir, user }: { readonly dir: string; readonly user: string },
  kinds: readonly PinnedNamespace[],
  settings: SpawnedPins,
): void {
  const enter = ["nsenter", `--user=${user}`, ...kinds.map((kind) => `--${kind}=${dir}/${kind}`)];
  runIn(dir, enter, inside(kinds, settings));
}

function inside(
  kinds: readonly PinnedNamespace[],
  { hostname = "", sysctls }: SpawnedPins,
): readonly string[] {
  const net = kinds.includes("net");
  if (net && hostname === "" && sysctls.length === 0) return LO_UP;
  return ["/bin/sh", "-c", SCRIPT, "sh", process.execPath, net ? "net" : "", hostname, ...sysctls.flat()];
}

function runIn(dir: string, enter: readonly string[], argv: readonly string[]): void {
  const { exitCode, stderr } = runNow([...enter, "--", ...argv]);
  if (exitCode === 0) return;
  const reason = stderr.trim().replace(/^(sh|\/bin\/sh): \d+: /, "") || `exit status ${exitCode}`;
  throw new EngineError("HOST_CALL_FAILED", `cannot make namespaces in ${dir}: ${reason}`, {
    hint: "needs unshare and nsenter (util-linux), ip (iproute2) and, for pods, hostname",
  });
}
