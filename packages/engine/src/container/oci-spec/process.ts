/** `process` of the runtime spec. */
import type { RuntimeProcess } from "@podwright/spec/oci-runtime/spec";
import type { ContainerConfig } from "../../ports/container-record.ts";
import { capabilitySets } from "./capabilities.ts";
import type { LiveContainer } from "./live.ts";
import { INIT_PATH } from "./mounts.ts";

export function buildProcess(config: ContainerConfig, live: LiveContainer): RuntimeProcess {
  const { process, security } = config;
  const { user } = live;
  return {
    terminal: process.tty,
    ...(process.tty && live.consoleSize !== undefined ? { consoleSize: live.consoleSize } : {}),
    user: {
      uid: user.uid,
      gid: user.gid,
      umask: Number.parseInt(process.umask, 8),
      additionalGids: [...user.groups],
    },
    args: process.init ? [INIT_PATH, "--", ...process.args] : [...process.args],
    env: completeEnvironment(process.env, { HOME: user.home, HOSTNAME: config.network.hostname }),
    cwd: live.workdir,
    capabilities: capabilitySets({
      resolved: config.capabilities,
      added: security.capAdd,
      bounding: live.facts.boundingCapabilities,
      uid: user.uid,
    }),
    rlimits: config.ulimits.map(({ name, soft, hard }) => ({
      type: `RLIMIT_${name.toUpperCase()}`,
      soft,
      hard,
    })),
    noNewPrivileges: security.noNewPrivileges,
    ...(security.apparmor !== "" && live.facts.apparmor ? { apparmorProfile: security.apparmor } : {}),
    ...(process.oomScoreAdj === undefined ? {} : { oomScoreAdj: process.oomScoreAdj }),
  };
}

/** Adds what is missing; what is set, even to nothing, stays. */
export function completeEnvironment(
  env: readonly string[],
  defaults: Readonly<Record<string, string>>,
): string[] {
  const missing = Object.entries(defaults).filter(
    ([key, value]) => value !== "" && !env.some((line) => line.startsWith(`${key}=`)),
  );
  return [...env, ...missing.map(([key, value]) => `${key}=${value}`)];
}
