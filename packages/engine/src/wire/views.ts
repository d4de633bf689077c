/** What looking at containers and pods needs of the host. Nothing here changes anything. */
import { once } from "../base/once.ts";
import { lstatSync, readdirSync } from "node:fs";
import { containerNow } from "../container/facts.ts";
import { healthNow } from "../container/health/health-now.ts";
import { placesOf } from "../container/places.ts";
import { probesState } from "../container/probes/probes-state.ts";
import type { ContainerPlaces, ContainerViewContext } from "../container/view-context.ts";
import { isFrozen } from "../host/cgroup/freezer.ts";
import { readHierarchies } from "../host/cgroup/hierarchies.ts";
import { exitDirectory, oomFile, readExitRecord } from "../host/conmon/exit-record.ts";
import { shownLayer } from "../host/layers/layer-paths.ts";
import { isPinned } from "../host/namespaces/is-pinned.ts";
import { treeSize } from "../host/files/tree-size.ts";
import { namespaceIds } from "../host/proc/namespace-ids.ts";
import { awaitsStart } from "../host/oci-runtime/runtime-state.ts";
import { isErrno } from "../host/sys/libc.ts";
import { pinsOf } from "../pod/pins.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import { volumePath } from "../volume/context.ts";
import type { Core } from "./core.ts";

export function viewContext(core: Core): ContainerViewContext {
  const { settings, processes, store, clock, watchStates } = core;
  const { runRoot } = settings;
  const monitor = {
    readExit: (id: string) => readExitRecord(exitDirectory(runRoot), id, oomFile(runRoot, id)),
  };
  const runtime = (name: string) => ({ awaitsStart: (id: string) => awaitsStart(runRoot, name, id) });
  // The host's hierarchies are looked up where a container may be paused, and nowhere else.
  const hierarchies = once(() => readHierarchies());
  const cgroups = { isFrozen: (path: string) => isFrozen(hierarchies(), path) };
  const pinDir = (owner: string): string => `${runRoot}/sandboxes/${owner}`;
  return {
    store,
    settings,
    clock,
    status: (record) => containerNow({ processes, monitor, runtime, settings, cgroups, watchStates }, record),
    health: (record) => healthNow({ watchStates, processes }, record),
    probes: (record) => probesState({ watchStates }, record),
    sandboxUp: ({ config, state, phase }: PodRecord) =>
      phase !== "starting" &&
      state.sandbox?.bootId === processes.bootId &&
      (state.sandbox.holder === undefined || processes.isAlive(state.sandbox.holder)) &&
      pinsOf(config).every((kind) => isPinned(pinDir(config.id), kind)),
    places: (record) => viewPlaces(core, record),
    netnsPath: (owner) => (isPinned(pinDir(owner), "net") ? `${pinDir(owner)}/net` : ""),
    volumeMountpoint: (name) => volumePath(settings, name),
    namespaceIds,
    treeSize,
    execIds: (id) => entries(`${runRoot}/containers/${id}/exec`),
  };
}

function viewPlaces({ settings, store }: Core, { config }: ContainerRecord): ContainerPlaces {
  const places = placesOf(settings, config);
  const inBundle = (name: string): string => existing(`${places.bundle}/${name}`);
  const etc = config.podId === "" ? places.sandbox : `${settings.runRoot}/sandboxes/${config.podId}`;
  const layers = store.images.get(config.image.id)?.layers ?? [];
  return {
    staticDir: places.store,
    ociConfig: inBundle("config.json"),
    conmonPidFile: config.conmonPidFile,
    pidFile: config.pidFile === "" ? inBundle("pidfile") : config.pidFile,
    resolvConf: existing(`${etc}/resolv.conf`),
    hostname: existing(`${etc}/hostname`),
    hosts: existing(`${etc}/hosts`),
    log: config.log.path,
    cgroup: config.cgroups === "disabled" ? "" : places.cgroup,
    merged: existing(places.rootfs),
    upper: places.upper,
    work: places.work,
    lowers: layers.map((chainId) => shownLayer(settings, chainId)).toReversed(),
  };
}

function existing(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? "" : path;
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
