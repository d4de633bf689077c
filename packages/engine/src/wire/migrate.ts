/** `system migrate` wired. */
import { endHolder } from "../host/userns/end-holder.ts";
import { endSupervisor } from "../host/supervisor/end-supervisor.ts";
import { migrateSystem } from "../system/migrate.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";

export async function migrate(core: Core, wiring: Wiring): Promise<void> {
  await core.ready();
  await migrateSystem({
    stopPods: async () => (await wiring.pods()).stop({ names: [], all: true }, { ignore: true }),
    stopContainers: async () => (await wiring.containers()).stop({ names: [], all: true }, { ignore: true }),
    stopSupervisor: () => endSupervisor(`${core.settings.runRoot}/supervisor`, core.processes),
    letGoOfNamespaces: () => letGoOfNamespaces(core),
  });
}

/** Of an ordinary user's, which whatever still runs in them keeps. */
export function letGoOfNamespaces({ env, settings }: Core): void {
  const directory = env["XDG_RUNTIME_DIR"];
  if (settings.uid !== 0 && directory !== undefined) endHolder(directory);
}
