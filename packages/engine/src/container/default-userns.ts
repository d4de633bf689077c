/** The user namespace of those that ask for none: the environment's, then the configuration's. */
import type { UsernsRequest } from "@podwright/spec/engine-api/containers";
import type { Settings } from "../ports/settings.ts";

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: Settings;
}

/** undefined is the host's. */
export function defaultUserns({ env, settings }: Surroundings): UsernsRequest | undefined {
  const mode = env["PODMAN_USERNS"] ?? settings.config.userns;
  return mode === "" || mode === "host" ? undefined : { mode, uidmap: [], gidmap: [] };
}
