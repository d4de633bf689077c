/** `container inspect`: one container as Podman shows it, from the stored request and what the kernel says now. */
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { rfc3339Nano } from "../base/go-time.ts";
import type { InspectContainer } from "@podwright/spec/libpod-api/inspect-container";
import type { ContainerConfig, ContainerRecord } from "../ports/container-record.ts";
import { containerConfigJson } from "./inspect/config.ts";
import { hostConfigJson } from "./inspect/host-config.ts";
import { inspectMounts } from "./inspect/mounts.ts";
import { networkSettingsJson } from "./inspect/network-settings.ts";
import { shownMounts } from "./inspect/shown-mounts.ts";
import { stateJson } from "./inspect/state.ts";
import type { Subject } from "./inspect/subject.ts";
import { containerSize } from "./list.ts";
import { isReadyNow, shownProbes } from "./probes/probes-state.ts";
import { statusNow } from "./status-now.ts";
import type { ContainerPlaces, ContainerViewContext } from "./view-context.ts";

/** @throws CONTAINER_NOT_FOUND, CONTAINER_NAME_AMBIGUOUS */
export function inspectContainer(
  ctx: ContainerViewContext,
  nameOrId: string,
  options: { readonly size: boolean },
): InspectContainer {
  const record = find(ctx, nameOrId);
  const { config } = record;
  const pod = config.podId === "" ? undefined : ctx.store.pods.get(config.podId);
  const now = statusNow(ctx, record, pod);
  const places = ctx.places(record);
  const subject = {
    record,
    pod,
    now,
    places,
    health: ctx.health(record),
    ...probed(ctx, record, now.status),
  };
  return {
    Id: config.id,
    Created: rfc3339Nano(config.created),
    ...pathAndArgs(config.process.args),
    State: stateJson(subject),
    Image: config.image.id,
    ImageDigest: imageDigest(ctx, config),
    ImageName: config.image.name,
    Rootfs: "",
    Pod: config.podId,
    ResolvConfPath: places.resolvConf,
    HostnamePath: places.hostname,
    HostsPath: places.hosts,
    StaticDir: places.staticDir,
    ...(places.ociConfig === "" ? {} : { OCIConfigPath: places.ociConfig }),
    OCIRuntime: runtimeName(record),
    ConmonPidFile: places.conmonPidFile,
    PidFile: places.pidFile,
    Name: config.name,
    RestartCount: record.state.restarts,
    Driver: "overlay",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    EffectiveCaps: effectiveCapabilities(config),
    BoundingCaps: config.infra ? [] : [...config.capabilities],
    ExecIDs: [...ctx.execIds(config.id)],
    GraphDriver: { Name: "overlay", Data: graphData(places) },
    ...(options.size ? sizes(ctx, record) : {}),
    Mounts: inspectMounts(ctx, shownMounts(ctx, config, pod)),
    Dependencies: dependencies(config, pod?.config.infraId ?? ""),
    NetworkSettings: networkSettingsJson(ctx, subject),
    Namespace: "",
    IsInfra: config.infra,
    IsService: false,
    KubeExitCodePropagation: "invalid",
    lockNumber: 0,
    Config: containerConfigJson(subject),
    HostConfig: hostConfigJson(ctx, subject),
    UseImageHosts: config.network.noHosts,
    UseImageHostname: config.network.noHostname,
  };
}

function probed(
  ctx: ContainerViewContext,
  record: ContainerRecord,
  status: ContainerStatus,
): Pick<Subject, "probes" | "ready"> {
  return { probes: shownProbes(record, ctx.probes(record)), ready: isReadyNow(ctx, record, status) };
}

function find(ctx: ContainerViewContext, nameOrId: string): ContainerRecord {
  try {
    return ctx.store.containers.find(nameOrId);
  } catch (cause) {
    if (!isEngineError(cause, "CONTAINER_NOT_FOUND")) throw cause;
    throw new EngineError("CONTAINER_NOT_FOUND", `no such container ${nameOrId}`, {
      cause,
      details: { input: nameOrId },
    });
  }
}

/** As Podman has it, a command of one word is repeated in Args. */
function pathAndArgs(args: readonly string[]): { Path: string; Args: string[] } {
  return { Path: args[0] ?? "", Args: args.length > 1 ? args.slice(1) : [...args] };
}

function imageDigest(ctx: ContainerViewContext, { image }: ContainerConfig): string {
  if (image.digest !== "" || image.id === "") return image.digest;
  return ctx.store.images.get(image.id)?.digest ?? "";
}

/** Root has what the bounding set has; another user only what was added by name. */
function effectiveCapabilities(config: ContainerConfig): string[] {
  if (config.infra) return [];
  const user = config.process.user.split(":")[0] ?? "";
  if (user === "" || user === "root" || user === "0") return [...config.capabilities];
  const added = config.security.capAdd.map((name) => `CAP_${name.toUpperCase().replace(/^CAP_/, "")}`);
  if (added.includes("CAP_ALL")) return [...config.capabilities];
  return config.capabilities.filter((name) => added.includes(name));
}

function graphData(places: ContainerPlaces): Record<string, string> {
  const data = {
    LowerDir: places.lowers.join(":"),
    MergedDir: places.merged,
    UpperDir: places.upper,
    WorkDir: places.work,
  };
  return Object.fromEntries(Object.entries(data).filter(([, path]) => path !== ""));
}

function sizes(ctx: ContainerViewContext, record: ContainerRecord): { SizeRw: number; SizeRootFs?: number } {
  const { rootFs, rw } = containerSize(ctx, record);
  return rootFs === 0 ? { SizeRw: rw } : { SizeRw: rw, SizeRootFs: rootFs };
}

/** A member needs its pod's infra first, though nothing has to be started for it. */
function dependencies(config: ContainerConfig, infraId: string): string[] {
  const own = [...config.dependencies];
  return config.infra || infraId === "" || own.includes(infraId) ? own : [infraId, ...own];
}

/** The one of the last run; before the first, the one asked for. */
function runtimeName({ config, state }: ContainerRecord): string {
  // A path that was asked for is shown as it is.
  if (config.runtime.includes("/")) return config.runtime;
  const runtime = state.run?.runtime ?? config.runtime;
  return runtime.slice(runtime.lastIndexOf("/") + 1);
}
