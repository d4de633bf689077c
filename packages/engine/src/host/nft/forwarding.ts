/** Switches IP forwarding on, without which nothing leaves a bridge. */
import { EngineError } from "@podwright/spec/errors/engine-error";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const SYSCTL = "/proc/sys/net";

/** @throws NETWORK_SETUP_FAILED when it is off and cannot be switched on */
export function enableForwarding(ipv6: boolean): void {
  enable(`${SYSCTL}/ipv4/ip_forward`);
  if (!ipv6) return;
  const all = `${SYSCTL}/ipv6/conf/all/forwarding`;
  if (readFileSync(all, "utf8").trim() === "1") return;
  keepRouterAdvertisements();
  enable(all);
}

function enable(path: string): void {
  try {
    if (readFileSync(path, "utf8").trim() !== "1") writeFileSync(path, "1");
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new EngineError("NETWORK_SETUP_FAILED", `cannot enable forwarding in ${path}: ${reason}`, {
      cause,
      hint: `set it as root: echo 1 > ${path}`,
    });
  }
}

/**
 * A host that forwards ignores router advertisements unless accept_ra is 2 (ip-sysctl, accept_ra): one that got
 * its address and default route that way would lose them.
 */
function keepRouterAdvertisements(): void {
  const directory = `${SYSCTL}/ipv6/conf`;
  for (const name of readdirSync(directory)) {
    if (name === "all" || name === "default" || name === "lo") continue;
    const path = `${directory}/${name}/accept_ra`;
    if (readFileSync(path, "utf8").trim() === "1") writeFileSync(path, "2");
  }
}
