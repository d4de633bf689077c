/** The composition root: names host, state and the domains together; each noun is loaded when it is first asked for. */
import { once } from "./base/once.ts";
import type { Engine } from "@podwright/spec/engine-api/engine";
import type { EngineOptions } from "./cli/frame/lazy-engine.ts";
import { createCore } from "./wire/core.ts";
import type { Wiring } from "./wire/wiring.ts";

/** @throws USERNS_UNAVAILABLE for a process that is not root, of the machine or in a user's namespace */
export function createEngine(options: EngineOptions): Engine {
  const core = createCore(options);
  const pods = once(async () => import("./wire/pods.ts"));
  const wiring: Wiring = {
    containers: once(async () => (await import("./wire/containers.ts")).wireContainers(core, wiring)),
    pods: once(async () => (await pods()).wirePods(core, wiring)),
    images: once(async () => (await import("./wire/images.ts")).wireImages(core, wiring)),
    volumes: once(async () => (await import("./wire/volumes.ts")).wireVolumes(core, wiring)),
    networks: once(async () => (await import("./wire/networks.ts")).wireNetworks(core, wiring)),
    kube: once(async () => (await import("./wire/kube.ts")).wireKube(core, wiring)),
    secrets: once(async () => (await import("./wire/secrets.ts")).wireSecrets(core)),
    registries: once(async () => (await import("./wire/registries.ts")).wireRegistries(core)),
    system: once(async () => (await import("./wire/system.ts")).wireSystem(core, wiring)),
    events: once(async () => (await import("./wire/events.ts")).wireEvents(core)),
    files: once(async () => (await import("./wire/files.ts")).wireFiles(core, wiring)),
    usage: once(async () => (await import("./wire/usage.ts")).wireUsage(core, wiring)),
    podVerbs: once(async () => (await pods()).wirePodVerbs(core, wiring)),
    podsHealed: once(async () => (await pods()).wirePodHealing(core, wiring)),
    sandboxes: once(async () => (await pods()).wireSandboxes(core, wiring)),
    host: once(async () => (await import("./wire/host.ts")).createHost(core)),
    sandboxNetwork: once(async () => (await import("./wire/networks.ts")).wireSandboxNetwork(core, wiring)),
  };
  return wiring;
}
