/** `info`: the host, the store and the parts that were found, in Podman's shape (podman.md §4). */
import type { SystemInfo } from "@podwright/spec/engine-api/system";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { listContainers } from "../container/list.ts";
import type { SystemFacts, HostPart } from "../ports/system-facts.ts";
import type { InfoContext, OverlayFacts } from "./context.ts";
import { uptimeText } from "./uptime.ts";

export async function systemInfo(ctx: InfoContext): Promise<SystemInfo> {
  const facts = await ctx.facts();
  const parts = await facts.parts();
  return {
    host: await hostInfo(ctx, facts, parts),
    store: storeInfo(ctx, { facts, parts, overlays: await ctx.overlays() }),
    registries: await ctx.registries(),
    plugins: {
      volume: ["local"],
      network: [...ctx.networkDrivers],
      log: [...ctx.logDrivers],
      authorization: null,
    },
    version: ctx.version,
  };
}

async function hostInfo(
  ctx: InfoContext,
  facts: SystemFacts,
  parts: readonly HostPart[],
): Promise<Readonly<Record<string, unknown>>> {
  const cgroups = await ctx.cgroups();
  const memory = facts.memory();
  const cpu = facts.cpuUse();
  const { config, uid } = ctx.settings;
  return {
    arch: facts.arch,
    buildahVersion: "",
    cgroupManager: "cgroupfs",
    // Podman knows two: a hybrid host is one whose limits are set in v1.
    cgroupVersion: cgroups.version === "hybrid" ? "v1" : cgroups.version,
    cgroupControllers: [...cgroups.controllers],
    conmon: await conmonInfo(ctx, parts),
    cpus: facts.cpus,
    cpuUtilization: { userPercent: cpu.user, systemPercent: cpu.system, idlePercent: cpu.idle },
    databaseBackend: "sqlite",
    distribution: distribution(facts),
    eventLogger: config.eventsLogger === "none" ? "none" : "file",
    hostname: facts.hostname(),
    idMappings: idMappings(facts),
    kernel: facts.kernel(),
    logDriver: config.logDriver,
    memFree: memory.free,
    memTotal: memory.total,
    networkBackend: "podwright",
    networkBackendInfo: networkBackend(ctx, parts),
    ociRuntime: await runtimeInfo(ctx, parts),
    os: "linux",
    rootlessNetworkCmd: "pasta",
    serviceIsRemote: false,
    security: { ...security(ctx, facts), rootless: uid !== 0 },
    slirp4netns: { executable: "", package: "", version: "" },
    pasta: executable(parts, "pasta"),
    swapFree: memory.swapFree,
    swapTotal: memory.swapTotal,
    uptime: uptimeText(facts.uptime()),
    variant: "",
    linkmode: "dynamic",
    // Ours: what the engine stands on, and what of it is missing.
    parts: parts.map(partInfo),
  };
}

function partInfo(part: HostPart): Readonly<Record<string, unknown>> {
  return {
    name: part.name,
    found: part.path !== "",
    path: part.path,
    version: firstLine(part.version),
    package: part.packageName,
    purpose: part.purpose,
  };
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

async function conmonInfo(ctx: InfoContext, parts: readonly HostPart[]): Promise<object> {
  const found = await unlessMissing(ctx.conmon);
  if (found === undefined) return { package: "", path: "", version: "" };
  return { package: packageOf(parts, found.path), path: found.path, version: oneLine(found.version) };
}

/** conmon says "conmon version 2.1.6\ncommit: x"; Podman shows it in one line. */
function oneLine(version: string): string {
  return version.trim().replaceAll(/\s*\n\s*/g, ", ");
}

async function runtimeInfo(ctx: InfoContext, parts: readonly HostPart[]): Promise<object> {
  const found = await unlessMissing(ctx.runtime);
  if (found === undefined) return { name: "", package: "", path: "", version: "" };
  return {
    name: found.name,
    package: packageOf(parts, found.path),
    path: found.path,
    version: found.version.trim(),
    ...(found.reason === "" ? {} : { reason: found.reason }),
  };
}

/** `info` is what one runs to see what is missing: it must not fail for it. */
async function unlessMissing<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isEngineError(error, "HOST_PART_MISSING")) return undefined;
    throw error;
  }
}

/** By the path, else by the name: /usr/sbin and /usr/bin may hold one file under two names. */
function packageOf(parts: readonly HostPart[], path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const part = parts.find((known) => known.path === path) ?? parts.find((known) => known.name === name);
  return part?.packageName ?? "";
}

function distribution(facts: SystemFacts): object {
  const { id, version, variant, codename } = facts.distribution();
  return {
    distribution: id,
    ...(variant === "" ? {} : { variant }),
    version,
    ...(codename === "" ? {} : { codename }),
  };
}

function idMappings(facts: SystemFacts): object {
  const maps = facts.idMappings();
  if (maps === undefined) return { gidmap: null, uidmap: null };
  const show = (list: typeof maps.uid): object[] =>
    list.map((map) => ({ container_id: map.containerId, host_id: map.hostId, size: map.size }));
  return { gidmap: show(maps.gid), uidmap: show(maps.uid) };
}

function networkBackend(ctx: InfoContext, parts: readonly HostPart[]): object {
  const dns = parts.find((part) => part.name === "aardvark-dns");
  return {
    backend: "podwright",
    version: ctx.version["Version"] ?? "",
    dns:
      dns === undefined || dns.path === ""
        ? {}
        : { version: firstLine(dns.version), package: dns.packageName, path: dns.path },
  };
}

function security(ctx: InfoContext, facts: SystemFacts): object {
  const { config } = ctx.settings;
  const enabled = facts.security();
  return {
    apparmorEnabled: enabled.apparmor,
    capabilities: config.defaultCapabilities.join(","),
    seccompEnabled: enabled.seccomp,
    // "" is the profile that the engine carries in itself.
    seccompProfilePath: config.seccompProfile,
    selinuxEnabled: enabled.selinux,
  };
}

function executable(parts: readonly HostPart[], name: string): object {
  const part = parts.find((candidate) => candidate.name === name);
  return {
    executable: part?.path ?? "",
    package: part?.packageName ?? "",
    version: part?.version ?? "",
  };
}

interface Found {
  readonly facts: SystemFacts;
  readonly parts: readonly HostPart[];
  readonly overlays: OverlayFacts;
}

function storeInfo(ctx: InfoContext, { facts, parts, overlays }: Found): Readonly<Record<string, unknown>> {
  const { root, runRoot } = ctx.settings;
  const rows = listContainers(ctx.views, { all: true, filters: {}, size: false, namespaces: false });
  const count = (status: string): number => rows.filter((row) => row.status === status).length;
  const [running, paused] = [count("running"), count("paused")];
  const disk = facts.diskUse(root);
  return {
    configFile: ctx.configFile,
    containerStore: { number: rows.length, paused, running, stopped: rows.length - running - paused },
    graphDriverName: "overlay",
    graphOptions: graphOptions(overlays, parts),
    graphRoot: root,
    graphRootAllocated: disk.allocated,
    graphRootUsed: disk.used,
    graphStatus: {
      "Backing Filesystem": facts.fileSystem(root),
      "Native Overlay Diff": String(overlays.program === ""),
      "Supports d_type": "true",
      "Supports shifting": String(overlays.shifting),
      "Supports volatile": "true",
      "Using metacopy": String(overlays.metacopy),
    },
    imageCopyTmpDir: root,
    imageStore: { number: ctx.store.images.list().length },
    runRoot,
    volumePath: `${root}/volumes`,
    transientStore: false,
  };
}

function graphOptions({ program }: OverlayFacts, parts: readonly HostPart[]): object {
  if (program === "") return {};
  const version = parts.find(({ path }) => path === program)?.version ?? "";
  return {
    "overlay.mount_program": { Executable: program, Package: packageOf(parts, program), Version: version },
  };
}
