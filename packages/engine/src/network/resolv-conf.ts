/** The text of a sandbox's /etc/resolv.conf: what was asked for, else what containers.conf says, else the host's. Pure. */
import type { DnsOptions } from "@podwright/spec/engine-api/common";
import { parseIp } from "../base/ip.ts";

export interface ResolvConfInputs {
  readonly dns: DnsOptions;
  /** containers.conf: dns_servers, dns_searches, dns_options. */
  readonly defaults: Required<DnsOptions>;
  /** Text of the host's file. */
  readonly host: string;
  /** The sandbox has a network namespace of its own: the host's loopback is not there. */
  readonly ownNetwork: boolean;
  /** Name servers of its networks, which ask all others; [] for networks without names. */
  readonly networkServers: readonly string[];
}

/** Where nothing is left: Podman's own choice, too. */
const PUBLIC_SERVERS = ["8.8.8.8", "8.8.4.4"];
const NETWORK_SEARCH = ["dns.podman"];

export function resolvConf({ dns, defaults, host, ownNetwork, networkServers }: ResolvConfInputs): string {
  const own = parseResolvConf(host);
  const reachable = own.servers.filter((server) => !ownNetwork || !isLoopback(server));
  // A network's server alone knows its names; what else was asked for is where it asks.
  const servers = firstGiven(networkServers, dns.servers, defaults.servers, reachable, PUBLIC_SERVERS);
  const hostSearch = networkServers.length > 0 ? NETWORK_SEARCH : own.search;
  const search = firstGiven(dns.search, defaults.search, hostSearch);
  const options = firstGiven(dns.options, defaults.options, own.options);
  const lines = [
    // A single dot means: no search domain.
    ...(search.length === 0 || search.join(" ").trim() === "." ? [] : [`search ${search.join(" ")}`]),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.join(" ").trim() === "" ? [] : [`options ${options.join(" ")}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** True when all the host's servers are its own loopback: a stub whose real servers stand elsewhere. */
export function onlyLoopbackServers(host: string): boolean {
  const { servers } = parseResolvConf(host);
  return servers.length > 0 && servers.every(isLoopback);
}

function firstGiven(...lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  return lists.find((list) => list !== undefined && list.length > 0) ?? [];
}

function parseResolvConf(text: string): Required<DnsOptions> {
  const servers: string[] = [];
  let search: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [key = "", ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    if (key === "nameserver" && values[0] !== undefined) servers.push(values[0]);
    // Of several lines the last counts (resolv.conf(5)).
    if (key === "search" || key === "domain") search = values;
    if (key === "options") options = values;
  }
  return { servers, search, options };
}

/** Also an IPv6 link-local address with a zone, which means nothing in another namespace. */
function isLoopback(server: string): boolean {
  if (server.includes("%")) return true;
  const ip = parseIp(server);
  if (ip === undefined) return false;
  return ip.family === 4 ? ip.value >> 24n === 127n : ip.value === 1n;
}
