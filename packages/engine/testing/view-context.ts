/** A ContainerViewContext over a real store, with a kernel of the test's choosing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import type { ContainerNow, ContainerViewContext, NamespaceIds } from "../src/container/view-context.ts";
import type { ContainerRecord } from "../src/ports/container-record.ts";
import type { ContainersConf, Settings } from "../src/ports/settings.ts";
import { SqliteStore } from "../src/state/sqlite-store.ts";
import { readContainersConf } from "../src/config/containers-conf.ts";

export const NOW = 1_790_000_600_000;

export const NOT_STARTED: ContainerNow = {
  status: "configured",
  pid: 0,
  exitCode: 0,
  startedAt: 0,
  exitedAt: 0,
  oomKilled: false,
  health: "",
};

export interface ViewWorld extends Disposable {
  readonly ctx: ContainerViewContext;
  readonly store: SqliteStore;
  /** By container id; others have not been started. */
  readonly now: Map<string, ContainerNow>;
  /** Ids of pods whose sandbox is pinned. */
  readonly up: Set<string>;
  /** Names of what was asked of the kernel, in order. */
  readonly asked: string[];
}

export function viewWorld(conf: Partial<ContainersConf> = {}): ViewWorld {
  const root = mkdtempSync(`${tmpdir()}/views-`);
  const store = SqliteStore.open(root);
  const now = new Map<string, ContainerNow>();
  const up = new Set<string>();
  const asked: string[] = [];
  const ctx: ContainerViewContext = {
    store,
    settings: testSettings(conf),
    clock: { now: () => NOW },
    status(record) {
      asked.push(`status ${record.config.name}`);
      return now.get(record.config.id) ?? NOT_STARTED;
    },
    health: () => undefined,
    probes: () => ({}),
    sandboxUp: (pod) => up.has(pod.config.id),
    places: (record) => placesOf(record, now.get(record.config.id)?.pid ?? 0),
    netnsPath: (owner) => `/run/podwright/sandboxes/${owner}/net`,
    volumeMountpoint: (name) => `/var/lib/podwright/volumes/${name}/_data`,
    namespaceIds: (pid) => namespaceIds(pid),
    treeSize: () => 12,
    execIds: () => [],
  };
  return {
    ctx,
    store,
    now,
    up,
    asked,
    [Symbol.dispose]() {
      store.close();
      rmSync(root, { recursive: true });
    },
  };
}

export function testSettings(conf: Partial<ContainersConf> = {}): Settings {
  return {
    root: "/var/lib/podwright",
    runRoot: "/run/podwright",
    storageConf: "",
    storeId: "test",
    cgroup: "/podwright-test",
    cgroupControllers: undefined,
    uid: 0,
    self: ["podwright"],
    config: { ...readContainersConf({ CONTAINERS_CONF: "/nonexistent.conf" }), ...conf },
  };
}

function placesOf({ config }: ContainerRecord, pid: number) {
  const dir = `/var/lib/podwright/containers/${config.id}`;
  const run = `/run/podwright/containers/${config.id}`;
  return {
    staticDir: dir,
    ociConfig: pid > 0 ? `${run}/config.json` : "",
    conmonPidFile: `${run}/conmon.pid`,
    pidFile: `${run}/pidfile`,
    resolvConf: `${run}/resolv.conf`,
    hostname: `${run}/hostname`,
    hosts: `${run}/hosts`,
    log: `${dir}/ctr.log`,
    cgroup: `${config.cgroupParent}/${config.id}`,
    merged: pid > 0 ? `${dir}/merged` : "",
    upper: `${dir}/upper`,
    work: `${dir}/work`,
    lowers: ["/var/lib/podwright/layers/b/diff", "/var/lib/podwright/layers/a/diff"],
  };
}

function namespaceIds(pid: number): NamespaceIds | undefined {
  if (pid <= 1) return undefined;
  return { mnt: "1", cgroup: "2", ipc: "3", net: "4", pidns: "5", uts: "6", user: "7" };
}
