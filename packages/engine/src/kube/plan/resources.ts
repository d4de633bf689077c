/** `resources` and the limits that Podman's annotations set: cgroup limits and devices. */
import type { Limits } from "@podwright/spec/engine-api/common";
import { quantityMillis, quantityUnits } from "@podwright/spec/kube/quantity";
import { type Place, quote } from "./place.ts";
import type { ContainerScope } from "./scope.ts";

/** Microseconds: Kubernetes' period. */
const PERIOD = 100_000;
/** The kernel refuses less. */
const MIN_QUOTA = 1000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;

export function planLimits(scope: ContainerScope): Limits {
  const { limits = {} } = scope.container.resources ?? {};
  const requests = grantedRequests(scope);
  tellRefused(scope);
  const memory = quantityUnits(limits["memory"] ?? 0) ?? 0;
  const reservation = quantityUnits(requests["memory"] ?? 0) ?? 0;
  const cpu = quantityMillis(limits["cpu"] ?? 0) ?? 0;
  // As the API server does it, a limit alone is also the request.
  const share = quantityMillis(requests["cpu"] ?? cpu / 1000) ?? cpu;
  return {
    ...(memory > 0 ? { memory } : {}),
    ...(reservation > 0 ? { memoryReservation: reservation } : {}),
    ...(cpu > 0 ? { cpuPeriod: PERIOD, cpuQuota: Math.max(MIN_QUOTA, (cpu * PERIOD) / 1000) } : {}),
    ...(share > 0 ? { cpuShares: sharesOf(share) } : {}),
    ...annotated(scope),
  };
}

/** The place of each of `requests` among a cgroup's limits, and that of each of `limits`. */
const PLACES = {
  requests: { cpu: "cpuShares", memory: "memoryReservation" },
  limits: { cpu: "cpuQuota", memory: "memory" },
} as const;
const RESOURCES = ["cpu", "memory"] as const;

/**
 * Requests divide what there is among those that want it, and bind nobody else: a pod runs without them where a user has no
 * cgroups, as on a node with nothing else to do.
 */
function grantedRequests({
  container,
  place,
  facts,
}: ContainerScope): Partial<Record<string, string | number>> {
  const { requests = {} } = container.resources ?? {};
  const granted = { ...requests };
  for (const name of RESOURCES) {
    if (requests[name] === undefined || facts.canLimit(PLACES.requests[name])) continue;
    place.at("resources", "requests", name).warnAtKey(`${name} is not set apart: ${NOT_DELEGATED}`);
    delete granted[name];
  }
  return granted;
}

/** A limit that cannot be held is refused before anything is made. */
function tellRefused({ container, place, facts }: ContainerScope): void {
  const { limits = {} } = container.resources ?? {};
  for (const name of RESOURCES) {
    if (limits[name] === undefined || facts.canLimit(PLACES.limits[name])) continue;
    place
      .at("resources", "limits", name)
      .errorAtKey(
        `${name} cannot be limited: ${NOT_DELEGATED}`,
        'to run without limits, set cgroups="disabled" in [containers] of containers.conf',
      );
  }
}

const NOT_DELEGATED = "no cgroup with that controller is delegated to this user";

function sharesOf(milli: number): number {
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.trunc((milli * 1024) / 1000)));
}

function annotated({ notes, container }: ContainerScope): Limits {
  const pids = notes.forContainer("pids-limit", container.name);
  const cpus = notes.forContainer("cpuset", container.name);
  const memory = notes.forContainer("memory-nodes", container.name);
  const limit = pids === undefined ? undefined : Number(pids.value);
  if (pids !== undefined && !/^-?\d+$/.test(pids.value)) {
    pids.place.error(`${quote(pids.value)} is no number of processes`);
  }
  return {
    ...(limit === undefined ? {} : { pids: limit }),
    ...(cpus === undefined ? {} : { cpusetCpus: cpus.value }),
    ...(memory === undefined ? {} : { cpusetMems: memory.value }),
  };
}

const DEVICE = /^(?:podman\.io\/device|io\.podman\/device)=(\/.+)$/;

/** Devices that resources name; what else there is in resources is told to do nothing. */
export function planDevices({ container, place }: ContainerScope): string[] {
  const devices = new Set<string>();
  const { limits = {}, requests = {} } = container.resources ?? {};
  for (const [side, list] of Object.entries({ limits, requests })) {
    for (const name of Object.keys(list)) {
      const device = DEVICE.exec(name)?.[1];
      if (device === undefined) tellOther(name, place.at("resources", side, name));
      else devices.add(device);
    }
  }
  return [...devices];
}

function tellOther(name: string, place: Place): void {
  if (name === "cpu" || name === "memory") return;
  if (name.includes("=")) {
    place.errorAtKey(
      `CDI device ${name} is not implemented`,
      "a device node of the host works: podman.io/device=/dev/NAME: 1",
    );
  } else if (name === "ephemeral-storage") {
    place.warnAtKey("ephemeral-storage is not counted and not limited here");
  } else if (name.startsWith("hugepages-")) {
    place.warnAtKey(`${name} is not limited here`);
  } else {
    place.warnAtKey(`no device plugin on this machine gives ${name}: the container runs without it`);
  }
}
