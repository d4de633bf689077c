/** How a pod reaches the world: its networks, its names, its DNS. */
import type { DnsOptions, NetworkAttachment, NetworkMode } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { canonicalIp, isIpv4 } from "@podwright/spec/values/ip";
import type { PodRequest } from "@podwright/spec/engine-api/pods";
import { checkPodNetwork } from "../../pod/network-mode.ts";
import { quote } from "./place.ts";
import { type PlayScope, type PodScope, specPlace } from "./scope.ts";

export const KUBE_NETWORK = "podman-default-kube-network";

/** Networks of `--network` must be there. @throws NETWORK_NOT_FOUND, POD_INVALID, NOT_IMPLEMENTED */
export function checkNetworks({ request, facts }: PlayScope): void {
  if (request.network !== undefined) checkPodNetwork(request.network);
  if (request.network?.kind !== "bridge") return;
  for (const { name } of request.network.attachments) {
    if (name === "" || name === "default" || facts.networkExists(name)) continue;
    throw new EngineError(
      "NETWORK_NOT_FOUND",
      `unable to find network with name or ID ${name}: network not found`,
      { hint: `make it with network create ${name}` },
    );
  }
}

/** `index` counts the pods of the play: `--ip` and `--mac-address` are given out in order. */
export function planNetwork(scope: PodScope, index: number): NetworkMode {
  const { request, workload } = scope;
  const ip = request.ips[index];
  const mac = request.macs[index];
  const mode = baseMode(scope);
  tellLeftOut(scope, index);
  if (mode.kind !== "bridge") {
    if (ip !== undefined) refuseStatic(scope, "--ip", mode.kind);
    if (mac !== undefined) refuseStatic(scope, "--mac-address", mode.kind);
    return mode;
  }
  const several = mode.attachments.length > 1;
  if (several && (ip !== undefined || mac !== undefined)) {
    workload.root.error(
      `cannot set static addresses for more than one network`,
      "give them with the network: --network NAME:ip=ADDRESS",
    );
  }
  const aliases = [...workload.spec.containers.map(({ name }) => name), ...serviceNames(scope)];
  return {
    kind: "bridge",
    attachments: mode.attachments.map((attachment) => ({
      ...attachment,
      ...addresses(ip, mac),
      aliases: [...new Set([...(attachment.aliases ?? []), ...aliases])],
    })),
  };
}

/** Of the Services of the stream that select the pod. */
function serviceNames({ services, workload }: PodScope): string[] {
  return services
    .filter(({ selector }) =>
      Object.entries(selector).every(([key, value]) => workload.labels[key] === value),
    )
    .map(({ name }) => name);
}

function baseMode({ request, workload, facts }: PodScope): NetworkMode {
  if (request.network !== undefined) return request.network;
  if (workload.spec.hostNetwork === true) return { kind: "host" };
  if (facts.uid !== 0) return { kind: "pasta", options: [] };
  return { kind: "bridge", attachments: [{ name: KUBE_NETWORK }] };
}

function addresses(ip: string | undefined, mac: string | undefined): Partial<NetworkAttachment> {
  return {
    ...(ip === undefined ? {} : isIpv4(ip) ? { ip } : { ip6: ip }),
    ...(mac === undefined ? {} : { mac }),
  };
}

function refuseStatic({ workload }: PodScope, option: string, mode: string): void {
  workload.root.error(
    `${option} can only be set when the network mode is bridge, and that of pod ${quote(workload.podName)} is ${mode}`,
  );
}

function tellLeftOut({ request, workload }: PodScope, index: number): void {
  for (const [option, values] of [
    ["--ip", request.ips],
    ["--mac-address", request.macs],
  ] as const) {
    if (values.length === 0 || index < values.length) continue;
    workload.root.warn(`no ${option} is left for pod ${quote(workload.podName)}: it gets any`);
  }
}

type Names = Pick<PodRequest, "hostname" | "fullHostname" | "addHost" | "dns" | "noHosts" | "noHostname">;

export function planNames(scope: PodScope): Names {
  const { request } = scope;
  const names = hostNames(scope);
  return {
    ...names,
    addHost: request.noHosts ? [] : hostAliases(scope),
    dns: planDns(scope),
    noHosts: request.noHosts,
    noHostname: request.noHostname,
  };
}

/** As the kubelet cuts it: a pod's name may be longer. */
const HOSTNAME_MAX = 63;

function hostNames({ workload, facts }: PodScope): Pick<Names, "hostname" | "fullHostname"> {
  const { hostname, subdomain = "", hostNetwork } = workload.spec;
  // The host's network comes with the host's name.
  if (hostNetwork === true) return { hostname: facts.hostName };
  const own = (hostname ?? workload.podName).slice(0, HOSTNAME_MAX);
  if (subdomain === "") return { hostname: own };
  return { hostname: own, fullHostname: `${own}.${subdomain}.${workload.namespace}.svc.cluster.local` };
}

function hostAliases({ workload, request }: PodScope): string[] {
  const place = specPlace(workload).at("hostAliases");
  const aliases = workload.spec.hostAliases ?? [];
  if (aliases.length > 0 && request.noHosts) {
    place.error("hostAliases will not work with --no-hosts", "drop one of the two");
  }
  return aliases.flatMap(({ ip, hostnames = [] }) => {
    const address = canonicalIp(ip);
    return address === undefined ? [] : hostnames.map((name) => `${name}:${address}`);
  });
}

function planDns({ workload, request }: PodScope): DnsOptions {
  const { dnsPolicy = "ClusterFirst", dnsConfig = {}, hostNetwork } = workload.spec;
  const place = specPlace(workload);
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  const onBridge = request.network === undefined ? hostNetwork !== true : request.network.kind === "bridge";
  const asked = { Default: "the host's servers are", None: "those of dnsConfig are" } as const;
  if ((dnsPolicy === "Default" || dnsPolicy === "None") && onBridge) {
    place
      .at("dnsPolicy")
      .warn(
        `the network's own name server answers first; for what it does not know, ${asked[dnsPolicy]} asked`,
      );
  }
  const servers = nameservers.flatMap((text) => {
    const address = canonicalIp(text);
    return address === undefined ? [] : [address];
  });
  const written = options.flatMap(({ name = "", value }) =>
    name === "" ? [] : [value === undefined || value === "" ? name : `${name}:${value}`],
  );
  return {
    ...(servers.length === 0 ? {} : { servers }),
    ...(searches.length === 0 ? {} : { search: searches }),
    ...(written.length === 0 ? {} : { options: written }),
  };
}
