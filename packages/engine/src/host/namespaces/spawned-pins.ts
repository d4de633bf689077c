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

/** Arguments: "net" or nothing, the host name or nothing, then file and value of each sysctl. */
const SCRIPT = `
net=$1 name=$2
shift 2
[ -z "$name" ] || hostname "$name" || exit 1
while [ $# -gt 1 ]; do
  printf %s "$2" >"$1" || exit 1
  shift 2
done
[ -z "$net" ] || exec ip link set lo up
`;
const LO_UP = ["ip", "link", "set", "lo", "up"];

/** The files are there; `lo` is up afterwards. @throws HOST_CALL_FAILED, HOST_PART_MISSING */
export function pinBySpawn(
  dir: string,
  kinds: readonly PinnedNamespace[],
  { hostname = "", sysctls }: SpawnedPins,
): void {
  const net = kinds.includes("net");
  const inside =
    net && hostname === "" && sysctls.length === 0
      ? LO_UP
      : ["/bin/sh", "-c", SCRIPT, "sh", net ? "net" : "", hostname, ...sysctls.flat()];
  const { exitCode, stderr } = runNow([
    "unshare",
    ...kinds.map((kind) => `--${kind}=${dir}/${kind}`),
    "--",
    ...inside,
  ]);
  if (exitCode === 0) return;
  const reason = stderr.trim().replace(/^(sh|\/bin\/sh): \d+: /, "") || `exit status ${exitCode}`;
  throw new EngineError("HOST_CALL_FAILED", `cannot make namespaces in ${dir}: ${reason}`, {
    hint: "needs unshare (util-linux), ip (iproute2) and, for pods, hostname",
  });
}
