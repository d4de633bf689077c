/** `network inspect` and `network ls --format json`: an engine's network under Podman's keys (podman.md §4.2). */
import type { NetworkConfig, NetworkMember, SubnetConfig } from "@podwright/spec/engine-api/networks";
import { rfc3339Nano } from "../../../base/go-time.ts";

interface SubnetJson {
  subnet: string;
  gateway?: string;
  lease_range?: { start_ip?: string; end_ip?: string };
}

export interface NetworkJson {
  name: string;
  id: string;
  driver: string;
  network_interface?: string;
  created: string;
  subnets?: SubnetJson[];
  routes?: { destination: string; gateway: string; metric?: number }[];
  ipv6_enabled: boolean;
  internal: boolean;
  dns_enabled: boolean;
  network_dns_servers?: string[];
  labels?: Record<string, string>;
  options?: Record<string, string>;
  ipam_options?: Record<string, string>;
}

interface MemberJson {
  name: string;
  interfaces: Record<string, { subnets: { ipnet: string; gateway?: string }[]; mac_address: string }>;
}

export interface NetworkInspectJson extends NetworkJson {
  /** Running containers by id. */
  containers: Record<string, MemberJson>;
}

/** What `network ls --format json` prints of each. */
export function networkJson(config: NetworkConfig): NetworkJson {
  return {
    name: config.name,
    id: config.id,
    driver: config.driver,
    ...(config.interfaceName === "" ? {} : { network_interface: config.interfaceName }),
    created: rfc3339Nano(config.created),
    ...(config.subnets.length === 0 ? {} : { subnets: config.subnets.map(subnetJson) }),
    ...(config.routes === undefined ? {} : { routes: config.routes.map((route) => ({ ...route })) }),
    ipv6_enabled: config.ipv6,
    internal: config.internal,
    dns_enabled: config.dns,
    ...(config.dnsServers.length === 0 ? {} : { network_dns_servers: [...config.dnsServers] }),
    ...(Object.keys(config.labels).length === 0 ? {} : { labels: { ...config.labels } }),
    ...(Object.keys(config.options).length === 0 ? {} : { options: { ...config.options } }),
    ...(config.ipamDriver === "" ? {} : { ipam_options: { driver: config.ipamDriver } }),
  };
}

/** What `network inspect` prints: the network and the containers that run on it. */
export function networkInspectJson(info: {
  readonly config: NetworkConfig;
  readonly members: readonly NetworkMember[];
}): NetworkInspectJson {
  const containers: Record<string, MemberJson> = {};
  for (const member of info.members) {
    const known = (containers[member.containerId] ??= { name: member.name, interfaces: {} });
    known.interfaces[member.interfaceName] = {
      subnets: member.addresses.map((ipnet, i) => {
        const gateway = member.gateways[i];
        return gateway === undefined || gateway === "" ? { ipnet } : { ipnet, gateway };
      }),
      mac_address: member.mac,
    };
  }
  return { ...networkJson(info.config), containers };
}

function subnetJson(subnet: SubnetConfig): SubnetJson {
  const range = subnet.leaseRange;
  return {
    subnet: subnet.subnet,
    ...(subnet.gateway === undefined ? {} : { gateway: subnet.gateway }),
    ...(range === undefined
      ? {}
      : {
          lease_range: {
            ...(range.start === undefined ? {} : { start_ip: range.start }),
            ...(range.end === undefined ? {} : { end_ip: range.end }),
          },
        }),
  };
}
