/** The environment of what the engine starts for itself: what leads back to the same configuration, and no more. */

import { ROOTLESS_UID } from "../../base/entry-variables.ts";

/** What leads the exit command back to the same configuration; anything else could be a secret. */
const PASSED_ON = [
  "HOME",
  "XDG_RUNTIME_DIR",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "CONTAINERS_CONF",
  "CONTAINERS_CONF_OVERRIDE",
  ROOTLESS_UID,
];
const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function cleanEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const clean: Record<string, string> = { PATH: SYSTEM_PATH, LC_ALL: "C" };
  for (const name of PASSED_ON) {
    const value = env[name];
    if (value !== undefined) clean[name] = value;
  }
  return clean;
}
