/**
 * Containers on the real kernel with the real conmon and runtime, in a store and a run directory of their own. What
 * other parts of the engine would do (images, networks, pods, the full runtime spec) is small and fixed here.
 */
import { quietPorts } from "./quiet.ts";
import type { ContainersApi } from "@podwright/spec/engine-api/containers";
import { EngineError } from "@podwright/spec/errors/engine-error";
import type { RuntimeProcess, RuntimeSeccomp, RuntimeSpec } from "@podwright/spec/oci-runtime/spec";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { createLog, type LogLevel } from "../src/base/log.ts";
import { readContainersConf } from "../src/config/containers-conf.ts";
import { createContainersApi } from "../src/container/containers-api.ts";
import type { ContainerContext, LiveFacts } from "../src/container/context.ts";
import { HostCgroups } from "../src/host/cgroup/cgroups.ts";
import { readHierarchies } from "../src/host/cgroup/hierarchies.ts";
import { ConmonMonitor } from "../src/host/conmon/conmon.ts";
import { findConmon } from "../src/host/conmon/find.ts";
import { FlockLocks } from "../src/host/lock/flock-locks.ts";
import { treeSize } from "../src/host/files/tree-size.ts";
import { KernelMounts } from "../src/host/mounts/kernel-mounts.ts";
import { PinnedNamespaces } from "../src/host/namespaces/pinned-namespaces.ts";
import { TreeTar } from "../src/host/layers/tree-tar.ts";
import { chooseRuntime } from "../src/host/oci-runtime/choose.ts";
import { ProcProcesses } from "../src/host/process/processes.ts";
import type { ContainerConfig } from "../src/ports/container-record.ts";
import type { Settings } from "../src/ports/settings.ts";
import { SqliteStore } from "../src/state/sqlite-store.ts";
import { containerConfig, NEVER_RAN } from "./records.ts";

export interface TestEngine {
  readonly ctx: ContainerContext;
  readonly containers: ContainersApi;
  /** A container whose image is busybox; ready, not started. */
  readonly add: (args: readonly string[], change?: Partial<ContainerConfig>) => string;
}

const APPLETS = [
  "sh",
  "true",
  "false",
  "sleep",
  "echo",
  "cat",
  "ls",
  "id",
  "kill",
  "stty",
  "printf",
  "seq",
  "env",
];

export interface TestEngineOptions {
  readonly runtime?: string;
  readonly log?: LogLevel;
  /** Of every container; none by default. */
  readonly seccomp?: RuntimeSeccomp;
  /** What monitors are given to keep; nothing by default. */
  readonly holdPorts?: ContainerContext["network"]["holdPorts"];
}

/** Containers that have none; ports never change. */
function noNetworks(holdPorts?: ContainerContext["network"]["holdPorts"]): ContainerContext["network"] {
  return {
    reserve: () => {
      const nothing = { interfaces: [], ports: [] };
      return Promise.resolve({ ...nothing, join: () => Promise.resolve(nothing) });
    },
    holdPorts:
      holdPorts ??
      (() => Promise.resolve({ descriptors: [], [Symbol.asyncDispose]: () => Promise.resolve() })),
    changing: {
      planPorts: (sandbox) => Promise.resolve({ add: [], remove: [], ports: sandbox.ports }),
      exchangePorts: () => Promise.resolve(),
      takeBackPorts: () => Promise.resolve(),
      releasePorts: () => Promise.resolve(),
      restorePorts: () => Promise.resolve(),
    },
    dropNames: () => Promise.resolve(),
    detach: () => Promise.resolve(),
  };
}

function noPods(): ContainerContext["sandboxes"] {
  return {
    forCreate: notHere,
    ensureUp: notHere,
    current: () => undefined,
    memberExited: () => Promise.resolve(),
    remove: () => Promise.reject(new Error("no pods here")),
  };
}

/** `base` is the test's own directory; engines of several processes share it. */
export function openTestEngine(base: string, options: TestEngineOptions = {}): TestEngine {
  const settings = testSettings(base);
  for (const directory of [settings.root, settings.runRoot]) mkdirSync(directory, { recursive: true });
  makeLayer(`${base}/layer`);
  const store = SqliteStore.open(settings.root);
  const processes = new ProcProcesses();
  const runtime = options.runtime ?? "runc";
  const ctx: ContainerContext = {
    settings,
    store,
    processes,
    locks: new FlockLocks(`${settings.runRoot}/locks`),
    foreground: new FlockLocks(`${settings.runRoot}/containers`),
    monitor: new ConmonMonitor({
      path: findConmon([]),
      runRoot: settings.runRoot,
      env: process.env,
      processes,
    }),
    runtime: (wanted) =>
      chooseRuntime({
        wanted,
        candidates: {},
        runRoot: settings.runRoot,
        hierarchies: () => readHierarchies().all,
      }),
    mounts: new KernelMounts(),
    namespaces: new PinnedNamespaces(),
    cgroups: new HostCgroups({ top: settings.cgroup }),
    clock: { now: () => Date.now() },
    ...quietPorts(),
    ids: { id: randomId, name: (attempt) => `test_${attempt}` },
    log: createLog(options.log ?? "error", (line) => void process.stderr.write(line)),
    images: {
      acquire: () => Promise.resolve([`${base}/layer`]),
      release: () => Promise.resolve(),
      open: () => {
        throw new Error("no images here");
      },
      commit: () => Promise.reject(new Error("no images here")),
    },
    trees: new TreeTar(),
    treeSize,
    network: noNetworks(options.holdPorts),
    journal: () => Promise.reject(new Error("a test has no journal")),
    netActions: notHere,
    volumes: { removeAnonymous: () => Promise.resolve() },
    sandboxes: noPods(),
    buildSpec: (config, live) => Promise.resolve(withSeccomp(busyboxSpec(config, live), options.seccomp)),
    buildExecProcess: ({ config, command, env, workdir, tty }) => ({
      ...busyboxProcess(config, command),
      env: [...config.process.env, ...env],
      terminal: tty,
      cwd: workdir ?? "/",
    }),
    views: { create: notHere, clone: notHere, list: notHere, inspect: notHere },
  };
  const add: TestEngine["add"] = (args, change = {}) => {
    const id = randomId();
    const config = containerConfig(id, {
      runtime,
      log: {
        driver: "k8s-file",
        path: `${settings.root}/containers/${id}/ctr.log`,
        maxSize: -1,
        tag: "",
        options: {},
      },
      cgroupParent: settings.cgroup,
      name: `c-${id.slice(0, 8)}`,
      ...change,
    });
    const started = { ...config, process: { ...config.process, args } };
    store.containers.add({ phase: "ready", config: started, state: NEVER_RAN }, []);
    return id;
  };
  return { ctx, add, containers: createContainersApi(ctx) };
}

function testSettings(base: string): Settings {
  const storeId = String(Bun.hash.crc32(base));
  const helper = `${import.meta.dir}/container-engine-main.ts`;
  return {
    root: `${base}/root`,
    runRoot: `${base}/run`,
    storeId,
    cgroup: `/podwright-test-${storeId}`,
    cgroupControllers: undefined,
    uid: 0,
    storageConf: "",
    self: [process.execPath, helper, base],
    config: readContainersConf({ CONTAINERS_CONF: "/nonexistent.conf" }),
  };
}

function makeLayer(directory: string): void {
  if (!mkdirOnce(`${directory}/bin`)) return;
  for (const name of ["proc", "dev", "sys", "tmp", "etc"]) mkdirSync(`${directory}/${name}`);
  copyFileSync("/bin/busybox", `${directory}/bin/busybox`);
  for (const applet of APPLETS) symlinkSync("busybox", `${directory}/bin/${applet}`);
  Bun.spawnSync(["sh", "-c", `echo data > ${directory}/etc/not-a-program`]);
}

function mkdirOnce(path: string): boolean {
  return mkdirSync(path, { recursive: true }) !== undefined;
}

function withSeccomp(spec: RuntimeSpec, seccomp: RuntimeSeccomp | undefined): RuntimeSpec {
  return seccomp === undefined ? spec : { ...spec, linux: { ...spec.linux, seccomp } };
}

function busyboxSpec(config: ContainerConfig, live: LiveFacts): RuntimeSpec {
  const size = live.terminalSize;
  const process = busyboxProcess(config, config.process.args);
  const namespaces: RuntimeSpec["linux"]["namespaces"] = [
    { type: "mount" },
    { type: "ipc" },
    { type: "uts" },
  ];
  if (config.namespaces.pid.kind === "private") namespaces.push({ type: "pid" });
  if (live.netnsPath !== undefined) namespaces.push({ type: "network", path: live.netnsPath });
  return {
    ociVersion: "1.0.2",
    process: {
      ...process,
      ...(size === undefined ? {} : { consoleSize: { height: size.rows, width: size.columns } }),
    },
    root: { path: live.rootfs },
    hostname: config.network.hostname,
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
      {
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
      },
    ],
    linux: {
      namespaces,
      cgroupsPath: live.cgroupPath,
      resources: config.limits.memory === undefined ? {} : { memory: { limit: config.limits.memory } },
    },
  };
}

function busyboxProcess(config: ContainerConfig, args: readonly string[]): RuntimeProcess {
  return {
    terminal: config.process.tty,
    user: { uid: 0, gid: 0 },
    args: [...args],
    env: [...config.process.env],
    cwd: config.process.workdir,
  };
}

function randomId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
}

function notHere(): never {
  throw new EngineError("NOT_IMPLEMENTED", "not in this test");
}
