/** A pod's way to the network: names, addresses of names, and what no manifest says of networks. */
import type { NetworkMode } from "@podwright/spec/engine-api/common";
import type { HostAlias, PodDNSConfig, PodDNSConfigOption, PodSpec } from "@podwright/spec/kube/types";
import type { ContainerConfig } from "../../ports/container-record.ts";
import type { PodConfig } from "../../ports/pod-record.ts";
import { subjectOf, type Writing } from "./context.ts";
import { compact, whenAny, whenFilled, whenTrue } from "./members.ts";
import { isLabel } from "./names.ts";
import type { PodSource } from "./pod-source.ts";

/** What `kube play` makes where no network is named. */
const KUBE_NETWORK = "podman-default-kube-network";
/** More would be refused. */
const MAX_NAMESERVERS = 3;

type NetworkFields = Pick<PodSpec, "dnsConfig" | "hostAliases" | "hostname" | "hostNetwork">;
type Lost = (text: string) => void;

export function networkFields(writing: Writing, source: PodSource): NetworkFields {
  const { pod, subject } = source;
  const lost: Lost = (text) => writing.losses.add(subject, text);
  const configs = source.members.map(({ config }) => config);
  if (pod === undefined) return fieldsOfContainers(writing, configs, lost);
  const known = [pod.name, ...source.members.flatMap(({ config, name }) => [config.name, name])];
  if (pod.network.kind !== "host") noteNetwork(writing, { mode: pod.network, known }, lost);
  noteOwnNetworks(writing, configs);
  return compact<NetworkFields>({
    dnsConfig: dnsConfig([pod.dns], lost),
    hostAliases: whenAny(hostAliases(pod.addHost, lost)),
    hostname: hostname(hasOwnName(pod) ? pod.hostname : undefined, lost),
    hostNetwork: whenTrue(pod.network.kind === "host"),
  });
}

/** Containers that stand alone come to share what each had of its own. */
function fieldsOfContainers(
  writing: Writing,
  configs: readonly ContainerConfig[],
  lost: Lost,
): NetworkFields {
  const onHost = configs.every(({ network }) => network.mode.kind === "host");
  for (const config of onHost ? [] : configs) {
    const known = [config.name, config.id.slice(0, 12), config.network.hostname];
    noteNetwork(writing, { mode: config.network.mode, known }, (text) =>
      writing.losses.add(subjectOf(config), text),
    );
  }
  const named = configs.find(({ id, network }) => !onHost && !id.startsWith(network.hostname));
  const dns = configs.map(({ network }) => network.dns);
  const hosts = [...new Set(configs.flatMap(({ network }) => network.addHost))];
  return compact<NetworkFields>({
    dnsConfig: dnsConfig(dns, lost),
    hostAliases: whenAny(hostAliases(hosts, lost)),
    hostname: hostname(named?.network.hostname, lost),
    hostNetwork: whenTrue(onHost),
  });
}

/** On the host's network a pod has the host's name. */
function hasOwnName({ name, hostname: own, network }: PodConfig): boolean {
  return own !== name && network.kind !== "host";
}

interface Networked {
  readonly mode: NetworkMode | { readonly kind: "pod" };
  /** Aliases that it gets by itself. */
  readonly known: readonly string[];
}

function noteNetwork({ conf }: Writing, { mode, known }: Networked, lost: Lost): void {
  if (mode.kind === "host") lost("the host's network is left out: the others of the pod have their own");
  if (mode.kind === "none")
    lost("it has no network, which a manifest cannot say; `kube play --network none` gives it");
  if (mode.kind === "container")
    lost(`the network of the container ${mode.container.slice(0, 12)} is not joined`);
  if (mode.kind === "path") lost(`the network namespace at ${mode.path} is not joined`);
  if (mode.kind !== "bridge") return;
  for (const { name, ip, ip6, mac, interfaceName, aliases = [] } of mode.attachments) {
    for (const alias of aliases) {
      if (!known.includes(alias)) lost(`the network alias ${alias} is left out`);
    }
    if (name !== conf.defaultNetwork && name !== KUBE_NETWORK) {
      lost(`the network ${name} is left out; \`kube play --network ${name}\` joins it`);
    }
    for (const address of [ip, ip6]) if (address !== undefined) lost(`the address ${address} is left out`);
    if (mac !== undefined) lost(`the MAC address ${mac} is left out`);
    if (interfaceName !== undefined) lost(`the interface name ${interfaceName} is left out`);
  }
}

/** A member that has left its pod's network. */
function noteOwnNetworks(writing: Writing, configs: readonly ContainerConfig[]): void {
  for (const config of configs) {
    const { mode } = config.network;
    if (mode.kind === "pod" || mode.kind === "host") continue;
    writing.losses.add(
      subjectOf(config),
      "its own network is left out: containers of a Kubernetes pod share one",
    );
  }
}

function dnsConfig(all: readonly ContainerConfig["network"]["dns"][], lost: Lost): PodDNSConfig | undefined {
  const collect = (
    pick: (dns: ContainerConfig["network"]["dns"]) => readonly string[] | undefined,
  ): string[] => [...new Set(all.flatMap((dns) => pick(dns) ?? []))];
  const servers = collect(({ servers: named }) => named);
  if (servers.includes("none")) lost("--dns none is left out: Kubernetes always writes resolv.conf");
  const nameservers = servers.filter((server) => server !== "none");
  for (const server of nameservers.slice(MAX_NAMESERVERS))
    lost(`the DNS server ${server} is left out: Kubernetes takes three`);
  return whenFilled(
    compact<PodDNSConfig>({
      nameservers: whenAny(nameservers.slice(0, MAX_NAMESERVERS)),
      searches: whenAny(collect(({ search }) => search)),
      options: whenAny(collect(({ options }) => options).map(dnsOption)),
    }),
  );
}

function dnsOption(text: string): PodDNSConfigOption {
  const colon = text.indexOf(":");
  return colon === -1 ? { name: text } : { name: text.slice(0, colon), value: text.slice(colon + 1) };
}

/** "name:ip" or "name;other:ip", one alias per address. */
function hostAliases(lines: readonly string[], lost: Lost): HostAlias[] {
  const byAddress = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const address = line.slice(colon + 1).replace(/^\[(.*)\]$/, "$1");
    if (address === "host-gateway") {
      lost(`the host entry ${line} is left out: Kubernetes takes addresses only`);
      continue;
    }
    const names = byAddress.get(address) ?? [];
    names.push(...line.slice(0, colon).split(";"));
    byAddress.set(address, names);
  }
  return [...byAddress].map(([ip, hostnames]) => ({ ip, hostnames }));
}

function hostname(name: string | undefined, lost: Lost): string | undefined {
  if (name === undefined || name === "") return undefined;
  if (isLabel(name)) return name;
  lost(`the host name ${name} is left out: Kubernetes takes one lower-case label of up to 63 characters`);
  return undefined;
}
