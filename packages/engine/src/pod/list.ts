/** `pod ps`: all pods with their members' states, by one query for the pods and one for the containers. */
import type { Filters } from "@podwright/spec/engine-api/common";
import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import type { PodMember, PodSummary } from "@podwright/spec/engine-api/pods";
import { podNetworks } from "../container/joined-networks.ts";
import { isReadyNow } from "../container/probes/probes-state.ts";
import { infraBeside, statusNow } from "../container/status-now.ts";
import type { ContainerRecord } from "../ports/container-record.ts";
import type { PodRecord } from "../ports/pod-record.ts";
import type { PodViewContext } from "./view-context.ts";
import { podTests } from "./filters.ts";
import { podStatus } from "./status.ts";

/** In order of creation. @throws VALUE_INVALID for a filter that is none */
export function listPods(ctx: PodViewContext, filters: Filters): PodSummary[] {
  const tests = podTests(filters, ctx);
  const pods = ctx.store.pods.list();
  if (pods.length === 0) return [];
  const members = Map.groupBy(ctx.store.containers.list(), (record) => record.config.podId);
  return pods
    .map((pod) => summarize(ctx, pod, members.get(pod.config.id) ?? []))
    .filter((summary) => tests.every((test) => test(summary)));
}

function summarize(ctx: PodViewContext, pod: PodRecord, records: readonly ContainerRecord[]): PodSummary {
  const { config } = pod;
  const containers = podMembers(ctx, pod, records);
  return {
    id: config.id,
    name: config.name,
    status: podStatus(countedStatuses(containers, records)),
    created: config.created,
    infraId: config.infraId,
    cgroup: config.cgroupParent,
    labels: config.labels,
    networks: config.infraId === "" ? [] : podNetworks(pod),
    containers,
    ready: isPodReady(containers, records),
  };
}

/** Sorted by id, as Podman shows them. */
export function podMembers(
  ctx: PodViewContext,
  pod: PodRecord,
  records: readonly ContainerRecord[],
): PodMember[] {
  const members = records.map((record) => {
    const { status } = statusNow(ctx, record, pod);
    return {
      id: record.config.id,
      name: record.config.name,
      status,
      isInfra: record.config.infra,
      restarts: record.state.restarts,
      ready: isReadyNow(ctx, record, status),
    };
  });
  const others = members.filter((member) => !member.isInfra).map(({ status }) => status);
  return members
    .map((member) => (member.isInfra ? { ...member, status: infraBeside(member.status, others) } : member))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** All of those that make it up are. */
export function isPodReady(members: readonly PodMember[], records: readonly ContainerRecord[]): boolean {
  const passing = new Set(records.filter(isPassing).map(({ config }) => config.id));
  const counted = members.filter(({ id }) => !passing.has(id));
  return counted.length > 0 && counted.every(({ ready }) => ready);
}

/** Of the members that make up the pod's status: an init container that has done its work is no part of it. */
export function countedStatuses(
  members: readonly PodMember[],
  records: readonly ContainerRecord[],
): ContainerStatus[] {
  const passing = new Set(records.filter(isPassing).map(({ config }) => config.id));
  return members.filter(({ id }) => !passing.has(id)).map(({ status }) => status);
}

function isPassing({ config: { initContainer } }: ContainerRecord): boolean {
  return initContainer === "once" || initContainer === "always";
}
