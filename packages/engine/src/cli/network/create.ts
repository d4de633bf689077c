/** `network create`. */
import type { NetworkRoute, SubnetConfig } from "@podwright/spec/engine-api/networks";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { formatIp, lastAddress, parseIp, parseSubnet } from "../../base/ip.ts";
import { defineCommand } from "../frame/command.ts";
import { keyValue, parseLabels } from "../parse/labels.ts";

export const command = defineCommand({
  path: ["network", "create"],
  summary: "Create networks for containers and pods",
  usage: "[options] [NAME]",
  args: { min: 0, max: 1 },
  flags: {
    "disable-dns": { type: "bool", help: "Disable DNS: containers do not resolve one another's names" },
    dns: { type: "csv", help: "DNS servers this network will use", valueName: "IP" },
    driver: {
      type: "string",
      short: "d",
      help: "Driver to manage the network",
      valueName: "bridge|macvlan|ipvlan",
      default: "bridge",
    },
    gateway: { type: "csv", help: "IPv4 or IPv6 gateway for the subnet", valueName: "IP" },
    ignore: { type: "bool", help: "Don't fail if network already exists" },
    "interface-name": { type: "string", help: "Interface name which is used by the driver" },
    internal: { type: "bool", help: "Restrict external access from this network" },
    "ip-range": {
      type: "list",
      help: "Allocate container IP from range",
      valueName: "CIDR|start-end",
    },
    "ipam-driver": { type: "string", help: "IP Address Management Driver", valueName: "host-local|none" },
    ipv6: { type: "bool", help: "Enable IPv6 networking" },
    label: { type: "list", help: "Set metadata on a network", valueName: "KEY=VALUE" },
    opt: {
      type: "list",
      short: "o",
      help: "Set driver specific options: mtu, metric, isolate, no_default_route, parent, mode",
      valueName: "KEY=VALUE",
    },
    route: {
      type: "list",
      help: "Static routes of the network's containers",
      valueName: "CIDR,GATEWAY[,METRIC]",
    },
    subnet: { type: "list", help: "Subnets in CIDR format", valueName: "CIDR" },
  },
  examples: ["network create podman1", "network create --subnet 192.5.0.0/16 --gateway 192.5.0.1 net1"],
  async run({ flags, args, engine, io }) {
    const network = await (await engine.networks()).create({
      ...(args[0] === undefined ? {} : { name: args[0] }),
      driver: flags.driver,
      subnets: parseSubnets(flags),
      ...(flags["interface-name"] === undefined ? {} : { interfaceName: flags["interface-name"] }),
      ipv6: flags.ipv6,
      internal: flags.internal,
      disableDns: flags["disable-dns"],
      dnsServers: flags.dns,
      labels: parseLabels({ label: flags.label }),
      options: parseOptions(flags.opt),
      ignore: flags.ignore,
      ...(flags["ipam-driver"] === undefined ? {} : { ipamDriver: flags["ipam-driver"] }),
      routes: flags.route.map(parseRoute),
    });
    io.out(`${network.name}\n`);
  },
});

interface SubnetFlags {
  readonly subnet: readonly string[];
  readonly gateway: readonly string[];
  readonly "ip-range": readonly string[];
}

/** The n-th gateway and range belong to the n-th subnet. */
function parseSubnets({ subnet, gateway, "ip-range": ranges }: SubnetFlags): SubnetConfig[] {
  if (subnet.length === 0 && gateway.length + ranges.length > 0) {
    throw invalid("cannot set gateway or range without subnet");
  }
  if (gateway.length > subnet.length) throw invalid("cannot set more gateways than subnets");
  if (ranges.length > subnet.length) throw invalid("cannot set more ranges than subnets");
  return subnet.map((text, i) => {
    if (parseSubnet(text) === undefined) throw invalid(`invalid CIDR address: ${text}`);
    const range = ranges[i];
    const address = gateway[i];
    return {
      subnet: text,
      ...(address === undefined ? {} : { gateway: parseGateway(address) }),
      ...(range === undefined ? {} : { leaseRange: parseRange(range) }),
    };
  });
}

function parseRoute(text: string): NetworkRoute {
  const [destination = "", gateway = "", metric, ...more] = text.split(",");
  if (gateway === "" || more.length > 0) {
    throw invalid(
      `invalid route: ${text}\nFormat: --route <destination in CIDR>,<gateway>,<metric (optional)>`,
    );
  }
  if (parseSubnet(destination) === undefined) throw invalid(`invalid route destination ${destination}`);
  if (parseIp(gateway) === undefined) throw invalid(`invalid route gateway ${gateway}`);
  if (metric === undefined) return { destination, gateway };
  if (!/^\d+$/.test(metric) || Number(metric) >= 2 ** 32) throw invalid(`invalid route metric ${metric}`);
  return { destination, gateway, metric: Number(metric) };
}

function parseGateway(text: string): string {
  const ip = parseIp(text);
  if (ip !== undefined) return formatIp(ip);
  throw invalid(
    `invalid argument ${JSON.stringify(text)} for "--gateway" flag: invalid string being converted to IP address: ${text}`,
  );
}

/** "10.1.0.0/25" or "10.1.0.5-10.1.0.20". */
function parseRange(text: string): { start: string; end: string } {
  const dash = text.indexOf("-");
  if (dash >= 0) {
    return { start: rangeEnd("start", text.slice(0, dash)), end: rangeEnd("end", text.slice(dash + 1)) };
  }
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw invalid(`invalid CIDR address: ${text}`);
  const { family, base } = subnet;
  const last = lastAddress(subnet);
  return {
    start: formatIp({ family, value: base === last ? base : base + 1n }),
    end: formatIp({ family, value: last }),
  };
}

function rangeEnd(which: "start" | "end", text: string): string {
  const ip = parseIp(text);
  if (ip !== undefined) return formatIp(ip);
  throw invalid(`range ${which} ip ${JSON.stringify(text)} is not a ip address`);
}

function parseOptions(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((text) => {
      const [key, value = ""] = keyValue(text);
      if (key === "") throw invalid(`unable to parse options: invalid label format: ${JSON.stringify(text)}`);
      return [key, value];
    }),
  );
}

function invalid(message: string): EngineError {
  return new EngineError("NETWORK_INVALID", message);
}
