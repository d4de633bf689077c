/** The host's adapters that containers and pods share. */
import { once } from "../base/once.ts";
import { HostCgroups } from "../host/cgroup/cgroups.ts";
import { readHierarchies } from "../host/cgroup/hierarchies.ts";
import { NoCgroups } from "../host/cgroup/no-cgroups.ts";
import { ConmonMonitor } from "../host/conmon/conmon.ts";
import { findConmon } from "../host/conmon/find.ts";
import { KernelMounts, type MappedLayers } from "../host/mounts/kernel-mounts.ts";
import { PinnedNamespaces } from "../host/namespaces/pinned-namespaces.ts";
import { chooseRuntime } from "../host/oci-runtime/choose.ts";
import type { OciRuntime } from "../ports/runtime.ts";
import type { Core } from "./core.ts";
import { overlayStore } from "./overlay-store.ts";
import type { Host } from "./wiring.ts";

/** @throws HOST_PART_MISSING without conmon */
export function createHost({ settings, processes, env }: Core): Host {
  const { config, runRoot } = settings;
  const cgroups = settings.cgroup !== "";
  const hierarchies = once(readHierarchies);
  const runtimes = new Map<string, OciRuntime>();
  return {
    monitor: new ConmonMonitor({ path: findConmon(config.conmonPath), runRoot, env, processes }),
    runtime: (wanted) => {
      const found =
        runtimes.get(wanted) ??
        chooseRuntime({
          wanted,
          candidates: config.runtimes,
          runRoot,
          cgroups,
          hierarchies: () => hierarchies().all,
          flags: settings.runtimeFlags ?? [],
        });
      runtimes.set(wanted, found);
      return found;
    },
    mounts: new KernelMounts(
      overlayStore(settings),
      settings.uid === 0 ? undefined : mappedLayers(settings.root),
    ),
    namespaces: new PinnedNamespaces(),
    cgroups: cgroups
      ? new HostCgroups({ top: settings.cgroup, hierarchies: hierarchies() })
      : new NoCgroups(),
  };
}

/** Loaded by containers in user namespaces of their own. */
function mappedLayers(root: string): MappedLayers {
  return async (lower, mappings, mountedBy) => {
    const { mappedStack } = await import("../host/layers/mapped/mapped-stacks.ts");
    return mappedStack({ root, references: mountedBy === "kernel" }, lower, mappings);
  };
}
