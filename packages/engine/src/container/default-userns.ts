/** Whether a user namespace is wanted at all: by who asks, else by the environment, then by the configuration. */
import type { UsernsRequest } from "@podwright/spec/engine-api/containers";
import type { Settings } from "../ports/settings.ts";

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: Settings;
}

/** undefined is the host's. */
export function wantedUserns(
  asked: UsernsRequest | undefined,
  { env, settings }: Surroundings,
): UsernsRequest | undefined {
  if (asked !== undefined && asked.mode === undefined) return asked;
  const mode = asked?.mode ?? env["PODMAN_USERNS"] ?? settings.config.userns;
  return mode === "" || mode === "host" ? undefined : { mode, uidmap: [], gidmap: [] };
}
