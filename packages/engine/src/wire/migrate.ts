/** `system migrate` wired. */
import { endHolder } from "../host/userns/end-holder.ts";
import { endSupervisor } from "../host/supervisor/end-supervisor.ts";
import { migrateSystem } from "../system/migrate.ts";
import type { Core } from "./core.ts";
import type { Wiring } from "./wiring.ts";

export async function migrate(core: Core, wiring: Wiring): Promise<void> {
  await core.ready();
  await migrateSystem({
    stopContainers: async () => (await wiring.containers()).stop({ names: [], all: true }, { ignore: true }),
    stopSupervisor: () => endSupervisor(`${core.settings.runRoot}/supervisor`, core.processes),
    letGoOfNamespaces: () => {
      const directory = core.env["XDG_RUNTIME_DIR"];
      if (core.settings.uid !== 0 && directory !== undefined) endHolder(directory);
    },
  });
}
