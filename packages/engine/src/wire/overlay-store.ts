/** What decides who mounts overlays, with what storage.conf says of it. */
import type { OverlayStore } from "../host/mounts/overlay-store.ts";
import type { Settings } from "../ports/settings.ts";

export function overlayStore(settings: Settings): OverlayStore {
  return {
    root: settings.root,
    runRoot: settings.runRoot,
    isConfigured: () => settings.storageConf !== "",
    mountProgram: async () => {
      if (settings.storageConf === "") return "";
      const { mountProgramIn } = await import("../config/storage-conf.ts");
      return mountProgramIn(settings.storageConf);
    },
  };
}
