import { EngineError } from "@podwright/spec/errors/engine-error";
import { expect, test } from "bun:test";
import { runCli } from "../../testing/cli.ts";
import { containerRecord } from "../../testing/records.ts";
import { NOT_STARTED, viewWorld } from "../../testing/view-context.ts";
import { command as infoCommand } from "../cli/system/info.ts";
import { command as resetCommand } from "../cli/system/reset.ts";
import { LinuxFacts } from "../host/facts/linux-facts.ts";
import type { InfoContext, ResetContext } from "./context.ts";
import { systemInfo } from "./info.ts";
import { resetSystem } from "./reset.ts";
import { uptimeText } from "./uptime.ts";

function infoWorld(change: Partial<InfoContext> = {}) {
  const world = viewWorld();
  const ctx: InfoContext = {
    // The store's directory must exist: its file system is asked.
    settings: { ...world.ctx.settings, root: "/", runRoot: "/run/podwright" },
    store: world.store,
    views: world.ctx,
    version: { APIVersion: "5.4.2", Version: "0.1.0", OsArch: "linux/amd64" },
    facts: () => Promise.resolve(new LinuxFacts(() => world.ctx.settings.config)),
    cgroups: () => Promise.resolve({ version: "hybrid", controllers: ["cpu", "memory"] }),
    runtime: () =>
      Promise.resolve({
        name: "runc",
        path: "/usr/sbin/runc",
        version: "runc version 1\n",
        reason: "crun cannot",
      }),
    conmon: () => Promise.resolve({ path: "/usr/bin/conmon", version: "conmon version 2\ncommit: x\n" }),
    overlays: () => Promise.resolve({ program: "", shifting: true, metacopy: false }),
    registries: () => Promise.resolve({ search: ["docker.io"] }),
    configFile: "",
    logDrivers: ["k8s-file", "none"],
    networkDrivers: ["bridge"],
    ...change,
  };
  return { ...world, ctx, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

const absent = () => Promise.reject(new Error("the test gave no such verb"));
const ABSENT = {
  unshare: absent,
  unshareNetwork: absent,
  migrate: absent,
  prune: absent,
  boot: absent,
  bootHook: absent,
  supervise: absent,
  diskUsage: absent,
};

function cli(ctx: InfoContext, flags: { format?: string }) {
  const system = { ...ABSENT, info: () => systemInfo(ctx), reset: () => Promise.resolve() };
  return runCli(infoCommand, { flags, engine: { system: () => Promise.resolve(system) } });
}

test("info --format json has Podman's keys", async () => {
  using w = infoWorld();
  const info = JSON.parse((await cli(w.ctx, { format: "json" })).out);
  expect(Object.keys(info)).toEqual(["host", "store", "registries", "plugins", "version"]);
  expect(Object.keys(info.host).join(" ")).toBe(
    "arch buildahVersion cgroupManager cgroupVersion cgroupControllers conmon cpus cpuUtilization databaseBackend distribution eventLogger hostname idMappings kernel logDriver memFree memTotal networkBackend networkBackendInfo ociRuntime os rootlessNetworkCmd serviceIsRemote security slirp4netns pasta swapFree swapTotal uptime variant linkmode parts",
  );
  expect(Object.keys(info.store).join(" ")).toBe(
    "configFile containerStore graphDriverName graphOptions graphRoot graphRootAllocated graphRootUsed graphStatus imageCopyTmpDir imageStore runRoot volumePath transientStore",
  );
  expect(info.host.conmon.version).toBe("conmon version 2, commit: x");
});

test.each<[string, string]>([
  ["{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Version}}", "runc runc version 1"],
  ["{{.Host.NetworkBackend}} {{.Host.CgroupManager}}", "podwright cgroupfs"],
  ["{{.Host.CgroupsVersion}} {{.Host.CgroupControllers}}", "v1 [cpu memory]"],
  ["{{.Store.GraphRoot}} {{.Store.GraphDriverName}} {{.Store.VolumePath}}", "/ overlay //volumes"],
  ["{{.Host.Security.Rootless}} {{.Host.OS}} {{.Version.Version}}", "false linux 0.1.0"],
  ["{{.Plugins.Volume}} {{.Registries.search}}", "[local] [docker.io]"],
])("info --format %s", async (format, expected) => {
  using w = infoWorld();
  expect((await cli(w.ctx, { format })).out).toBe(`${expected}\n`);
});

test("info counts containers by state and says why crun was not taken", async () => {
  using w = infoWorld();
  for (const [i, status] of (["running", "paused", "exited", "configured"] as const).entries()) {
    const id = String(i).repeat(64);
    w.store.containers.add(containerRecord(id, { name: `c${i}` }), []);
    w.now.set(id, { ...NOT_STARTED, status });
  }
  const info = await systemInfo(w.ctx);
  expect(info["store"]).toMatchObject({ containerStore: { number: 4, paused: 1, running: 1, stopped: 2 } });
  expect(info["host"]).toMatchObject({ ociRuntime: { reason: "crun cannot" } });
});

test("info is YAML with sorted keys by default", async () => {
  using w = infoWorld();
  const { out } = await cli(w.ctx, {});
  expect(out).toStartWith("host:\n  arch: ");
  expect(out).toContain("\nplugins:\n  authorization: null\n  log:\n  - k8s-file\n");
  expect([...out.matchAll(/^(\w+):/gm)].map((match) => match[1])).toEqual([
    "host",
    "plugins",
    "registries",
    "store",
    "version",
  ]);
});

test("info works where parts are missing", async () => {
  const missing = () => Promise.reject(new EngineError("HOST_PART_MISSING", "no runtime"));
  using w = infoWorld({ runtime: missing, conmon: missing });
  expect((await systemInfo(w.ctx))["host"]).toMatchObject({ ociRuntime: { name: "" }, conmon: { path: "" } });
});

test("uptimeText()", () => {
  expect(uptimeText(1607.3)).toBe("0h 26m 47.00s");
  expect(uptimeText(93_784)).toBe("26h 3m 4.00s (Approximately 1.08 days)");
});

function resetWorld(failing: string[] = []) {
  const done: string[] = [];
  const step = (name: string) => async () => {
    done.push(name);
    return failing.includes(name) ? [{ input: name, error: new Error(`${name} failed`) }] : [];
  };
  const ctx: ResetContext = {
    settings: { root: "/var/lib/x", runRoot: "/run/x" },
    removePods: step("pods"),
    removeContainers: step("containers"),
    removeVolumes: step("volumes"),
    removeNetworks: step("networks"),
    destroyFirewall: async () => void done.push("firewall"),
    removeCgroup: async () => void done.push("cgroup"),
    removeImages: step("images"),
    closeStore: () => void done.push("close"),
    stopSupervisor: async () => ({ [Symbol.dispose]: () => undefined }),
    deleteDirectory: async (path) => void done.push(path),
    letGoOfNamespaces: () => void done.push("namespaces"),
  };
  return { ctx, done };
}

test("reset removes everything in order, the directories last", async () => {
  const { ctx, done } = resetWorld();
  await resetSystem(ctx);
  expect(done).toEqual([
    "pods",
    "containers",
    "volumes",
    "networks",
    "firewall",
    "cgroup",
    "images",
    "close",
    "/run/x",
    "/var/lib/x",
    "namespaces",
  ]);
});

test("reset keeps the store while a container is left", async () => {
  const { ctx, done } = resetWorld(["containers"]);
  expect(resetSystem(ctx)).rejects.toThrow("containers failed");
  await Promise.allSettled([resetSystem(ctx)]);
  expect(done).not.toContain("close");
});

test("a volume that cannot be removed does not keep the rest", async () => {
  const { ctx, done } = resetWorld(["volumes"]);
  const [result] = await Promise.allSettled([resetSystem(ctx)]);
  expect(result?.status).toBe("rejected");
  expect(done.at(-1)).toBe("/var/lib/x");
});

test("reset refuses the root directory", async () => {
  const { ctx, done } = resetWorld();
  const [result] = await Promise.allSettled([
    resetSystem({ ...ctx, settings: { root: "/", runRoot: "/run/x" } }),
  ]);
  expect(result?.status).toBe("rejected");
  expect(done).toEqual([]);
});

test("system reset warns and asks", async () => {
  using w = infoWorld();
  let resets = 0;
  const system = { ...ABSENT, info: () => systemInfo(w.ctx), reset: async () => void resets++ };
  const engine = { system: () => Promise.resolve(system) };
  const { out } = await runCli(resetCommand, { answer: "n", engine });
  expect(out).toStartWith("WARNING! This will remove:\n        - all containers\n        - all pods\n");
  expect(out).toContain('        - the graphRoot directory: "/"\n');
  expect(out).toEndWith("Are you sure you want to continue? [y/N] ");
  expect(resets).toBe(0);
  await runCli(resetCommand, { flags: { force: true }, engine });
  expect(resets).toBe(1);
});
