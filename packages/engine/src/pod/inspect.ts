/** `pod inspect`: one pod as Podman shows it, from the stored request and what the kernel says now. */
import type { Limits } from "@podwright/spec/engine-api/common";
import { EngineError, isEngineError } from "@podwright/spec/errors/engine-error";
import { rfc3339Nano } from "../base/go-time.ts";
import type { InspectMount } from "@podwright/spec/libpod-api/inspect-mount";
import type { InspectPod, InspectPodInfraConfig } from "@podwright/spec/libpod-api/inspect-pod";
import { stateName } from "@podwright/spec/libpod-api/state-names";
import { inspectMounts } from "../container/inspect/mounts.ts";
import { portBindings } from "../container/inspect/ports.ts";
import { securityOptions } from "../container/inspect/security-options.ts";
import { podNetworks } from "../container/joined-networks.ts";
import { podAttachments } from "../network/owners.ts";
import type { PodConfig, PodRecord } from "../ports/pod-record.ts";
import type { PodViewContext } from "./view-context.ts";
import { countedStatuses, isPodReady, podMembers } from "./list.ts";
import { inspectJob } from "./jobs/inspect-job.ts";
import { podStatus } from "./status.ts";

/** @throws POD_NOT_FOUND, POD_NAME_AMBIGUOUS */
export function inspectPod(ctx: PodViewContext, nameOrId: string): InspectPod {
  const pod = find(ctx, nameOrId);
  const { config } = pod;
  const records = ctx.store.containers.list({ podId: config.id });
  const members = podMembers(ctx, pod, records);
  const hasInfra = config.infraId !== "";
  return {
    Id: config.id,
    Name: config.name,
    Created: rfc3339Nano(config.created),
    ...unlessEmpty("CreateCommand", [...config.createCommand]),
    ExitPolicy: config.exitPolicy,
    State: podStatus(countedStatuses(members, records)),
    Hostname: config.hostname,
    ...(Object.keys(config.labels).length === 0 ? {} : { Labels: { ...config.labels } }),
    CreateCgroup: config.shareParent,
    ...(config.cgroupParent === "" ? {} : { CgroupParent: config.cgroupParent }),
    ...(config.cgroupPath === "" ? {} : { CgroupPath: config.cgroupPath }),
    CreateInfra: hasInfra,
    ...(hasInfra ? { InfraContainerID: config.infraId, InfraConfig: infraConfig(pod) } : {}),
    ...unlessEmpty("SharedNamespaces", hasInfra ? [...config.share].sort() : []),
    NumContainers: members.length,
    ...unlessEmpty(
      "Containers",
      members.map((member) => ({
        Id: member.id,
        Name: member.name,
        State: stateName(member.status),
        Ready: member.ready,
      })),
    ),
    ...limitsJson(config.limits),
    ...unlessEmpty("mounts", podMounts(ctx, config)),
    ...unlessEmpty("security_opt", securityOptions(config.security)),
    ...memoryJson(config.limits),
    ...(config.restart === undefined ? {} : { RestartPolicy: config.restart.name }),
    LockNumber: 0,
    Ready: isPodReady(members, records),
    ...(pod.state.ended === undefined
      ? {}
      : { Reason: pod.state.ended.reason, Message: pod.state.ended.message }),
    ...jobJson(ctx, config.job?.id),
  };
}

function jobJson(ctx: PodViewContext, id: string | undefined): Pick<InspectPod, "Job"> {
  const job = id === undefined ? undefined : ctx.store.jobs.get(id);
  return job === undefined ? {} : { Job: inspectJob(ctx, job) };
}

function find(ctx: PodViewContext, nameOrId: string): PodRecord {
  try {
    return ctx.store.pods.find(nameOrId);
  } catch (cause) {
    if (!isEngineError(cause, "POD_NOT_FOUND")) throw cause;
    throw new EngineError("POD_NOT_FOUND", `no such pod ${nameOrId}`, {
      cause,
      details: { input: nameOrId },
    });
  }
}

function unlessEmpty<K extends keyof InspectPod, T>(key: K, list: readonly T[]): { [P in K]?: T[] } {
  return list.length === 0 ? {} : ({ [key]: [...list] } as { [P in K]: T[] });
}

function infraConfig(pod: PodRecord): InspectPodInfraConfig {
  const { config } = pod;
  const attachments = podAttachments(pod);
  const [first] = attachments;
  const { limits } = config;
  return {
    PortBindings: portBindings(config.ports),
    HostNetwork: config.network.kind === "host",
    StaticIP: first?.ip ?? "",
    StaticMAC: first?.mac ?? "",
    NoManageResolvConf: config.dns.servers?.[0] === "none",
    DNSServer: orNull(config.dns.servers),
    DNSSearch: orNull(config.dns.search),
    DNSOption: orNull(config.dns.options),
    NoManageHostname: config.noHostname,
    NoManageHosts: config.noHosts,
    HostAdd: orNull(config.addHost),
    HostsFile: "",
    Networks: orNull(podNetworks(pod)),
    NetworkOptions: null,
    ...(limits.cpuPeriod === undefined ? {} : { cpu_period: limits.cpuPeriod }),
    ...(limits.cpuQuota === undefined ? {} : { cpu_quota: limits.cpuQuota }),
    ...(limits.cpusetCpus === undefined ? {} : { cpuset_cpus: limits.cpusetCpus }),
    pid_ns: "private",
    userns: config.idMappings === undefined ? "host" : "private",
    uts_ns: config.share.includes("uts") ? "private" : "host",
  };
}

function orNull(list: readonly string[] | undefined): string[] | null {
  return list === undefined || list.length === 0 ? null : [...list];
}

function podMounts(ctx: PodViewContext, config: PodConfig): InspectMount[] {
  return inspectMounts(
    ctx,
    config.mounts.map((mount) => ({ ...mount, subPath: mount.subPath ?? "", anonymous: false })),
  );
}

/** Keys that stand before `mounts`. */
function limitsJson(limits: Limits): Partial<InspectPod> {
  return {
    ...positive("cpu_period", limits.cpuPeriod),
    ...positive("cpu_quota", limits.cpuQuota),
    ...positive("cpu_shares", limits.cpuShares),
    ...(limits.cpusetCpus ? { cpuset_cpus: limits.cpusetCpus } : {}),
    ...(limits.cpusetMems ? { cpuset_mems: limits.cpusetMems } : {}),
  };
}

/** Keys that stand after `security_opt`. */
function memoryJson(limits: Limits): Partial<InspectPod> {
  return {
    ...positive("memory_limit", limits.memory),
    ...positive("memory_swap", limits.memorySwap),
    ...positive("blkio_weight", limits.blkioWeight),
  };
}

function positive(key: keyof InspectPod, value: number | undefined): Partial<InspectPod> {
  return value === undefined || value === 0 ? {} : { [key]: value };
}
