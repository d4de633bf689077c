/** SystemApi wired: `info` looks at everything, `system reset` takes everything away. */
import { once } from "../base/once.ts";
import type { Outcome } from "@podwright/spec/engine-api/common";
import type { SystemApi } from "@podwright/spec/engine-api/system";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { configFiles } from "../config/containers-conf.ts";
import { registriesInfo } from "../config/registries-info.ts";
import { HostCgroups } from "../host/cgroup/cgroups.ts";
import { readHierarchies } from "../host/cgroup/hierarchies.ts";
import { ConmonMonitor } from "../host/conmon/conmon.ts";
import { findConmon } from "../host/conmon/find.ts";
import { LinuxFacts } from "../host/facts/linux-facts.ts";
import { dropRunDir } from "../host/mounts/run-dir.ts";
import { endSupervisor } from "../host/supervisor/end-supervisor.ts";
import { NftFirewall } from "../host/nft/nft-firewall.ts";
import { chooseRuntime, crunObstacle } from "../host/oci-runtime/choose.ts";
import { lowerAllNetworks } from "../network/bridge.ts";
import type { ChosenRuntime, InfoContext, ResetContext } from "../system/context.ts";
import { systemInfo } from "../system/info.ts";
import { resetSystem } from "../system/reset.ts";
import { buildCommit, buildTime, PODMAN_API_VERSION, VERSION } from "../base/version.ts";
import type { Core } from "./core.ts";
import { overlayStore } from "./overlay-store.ts";
import { networkContext } from "./networks.ts";
import { viewContext } from "./views.ts";
import type { Wiring } from "./wiring.ts";

export function wireSystem(core: Core, wiring: Wiring): SystemApi {
  return {
    prune: async (options) => (await import("./prune.ts")).pruneSystem(core, wiring, options),
    diskUsage: async () => (await import("../system/df.ts")).diskUsage(viewContext(core)),
    boot: async () => (await import("./boot.ts")).wireBoot(core, wiring),
    bootHook: async (action) => (await import("./boot.ts")).wireBootHook(core, action),
    supervise: async (signal) => (await import("./supervise.ts")).superviseEngine(core, wiring, signal),
    unshare: async (argv) => (await import("./unshare.ts")).unshareCommand(argv),
    unshareNetwork: async (argv) =>
      (await import("./unshare.ts")).commandInUserNetwork(networkContext(core, wiring), argv),
    migrate: async () => (await import("./migrate.ts")).migrate(core, wiring),
    info: () => systemInfo(infoContext(core)),
    reset: async () => {
      await core.ready();
      const { letGoOfNamespaces } = await import("./migrate.ts");
      await resetSystem({ ...resetContext(core, wiring), letGoOfNamespaces: () => letGoOfNamespaces(core) });
    },
  };
}

function infoContext(core: Core): InfoContext {
  const { settings, store, env, processes } = core;
  return {
    settings,
    store,
    views: viewContext(core),
    version: {
      APIVersion: PODMAN_API_VERSION,
      Version: VERSION,
      GoVersion: `bun${Bun.version}`,
      GitCommit: buildCommit(),
      BuiltTime: new Date(buildTime() * 1000).toUTCString(),
      Built: buildTime(),
      OsArch: `linux/${process.arch === "x64" ? "amd64" : process.arch}`,
      Os: "linux",
    },
    facts: async () => new LinuxFacts(() => settings.config),
    cgroups: async () => {
      const { version, controllers } = new HostCgroups();
      return { version, controllers: settings.cgroupControllers ?? controllers };
    },
    runtime: () => chosenRuntime(core),
    conmon: async () => {
      const path = findConmon(settings.config.conmonPath);
      const monitor = new ConmonMonitor({ path, runRoot: settings.runRoot, env, processes });
      return { path, version: await monitor.version() };
    },
    overlays: async () => {
      const { overlayFacts } = await import("../host/mounts/overlay-facts.ts");
      return await overlayFacts(overlayStore(settings));
    },
    registries: async () => registriesInfo(env),
    configFile: configFiles(env).findLast((path) => existsSync(path)) ?? "",
    logDrivers: ["k8s-file", "none", "passthrough", "journald"],
    networkDrivers: ["bridge"],
  };
}

async function chosenRuntime({ settings }: Core): Promise<ChosenRuntime> {
  const { runtime: wanted, runtimes: candidates } = settings.config;
  const cgroups = settings.cgroup !== "";
  const hierarchies = once(() => readHierarchies().all);
  const chosen = chooseRuntime({ wanted, candidates, runRoot: settings.runRoot, cgroups, hierarchies });
  const obstacle = wanted === "" && cgroups && chosen.name !== "crun" ? crunObstacle(hierarchies) : undefined;
  return {
    name: chosen.name,
    path: chosen.path,
    version: await chosen.version(),
    reason: obstacle ?? "",
  };
}

function resetContext(core: Core, wiring: Wiring): Omit<ResetContext, "letGoOfNamespaces"> {
  const everything = { names: [], all: true };
  return {
    settings: core.settings,
    stopSupervisor: () => endSupervisor(`${core.settings.runRoot}/supervisor`, core.processes),
    removePods: async () =>
      (await wiring.pods()).remove(everything, { force: true, ignore: true, timeout: 0 }),
    removeContainers: async () =>
      (await wiring.containers()).remove(everything, {
        force: true,
        ignore: true,
        volumes: true,
        depend: true,
        timeout: 0,
      }),
    removeVolumes: async () => (await wiring.volumes()).remove([], { all: true, force: true }),
    removeNetworks: async () => {
      const ctx = networkContext(core, wiring);
      if (core.settings.uid === 0) await lowerAllNetworks(ctx);
      else await (await ctx.host()).lower(() => false);
      return [];
    },
    // A user's is in a network namespace of the user's, and goes with it.
    destroyFirewall: async () => {
      if (core.settings.uid === 0) await new NftFirewall(core.settings.storeId).destroy();
    },
    removeCgroup: async () => {
      if (core.settings.cgroup !== "") await new HostCgroups().remove(core.settings.cgroup);
    },
    removeImages: async (): Promise<Outcome[]> => {
      const options = { all: true, force: true, ignore: true, noPrune: false };
      const removed = await (await wiring.images()).remove([], options);
      return removed.map(({ input, error }) => (error === undefined ? { input } : { input, error }));
    },
    closeStore: () => core.store.close(),
    deleteDirectory: async (path) => {
      if (path === core.settings.runRoot) dropRunDir(path);
      await rm(path, { recursive: true, force: true });
    },
  };
}
