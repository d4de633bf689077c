/** `network ls`. */
import type { NetworkConfig } from "@podwright/spec/engine-api/networks";
import { parseFilters } from "@podwright/spec/values/filter";
import { defineCommand } from "../frame/command.ts";
import { GoTime } from "../print/go-time.ts";
import { networkJson } from "../print/objects/network.ts";
import { printRows, type RowSpec } from "../print/rows.ts";

function rows(idLength: number): RowSpec<NetworkConfig> {
  return {
    fields: {
      ID: (network) => network.id.slice(0, idLength),
      Name: (network) => network.name,
      Driver: (network) => network.driver,
      Labels: (network) =>
        Object.entries(network.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(","),
      Created: (network) => GoTime.fromDate(new Date(network.created)),
      NetworkInterface: (network) => network.interfaceName,
      Subnets: (network) => networkJson(network).subnets ?? [],
      Routes: (network) => networkJson(network).routes ?? [],
      IPv6Enabled: (network) => network.ipv6,
      Internal: (network) => network.internal,
      DNSEnabled: (network) => network.dns,
      NetworkDNSServers: (network) => network.dnsServers,
      Options: (network) => network.options,
      IPAMOptions: (network) => ({ driver: network.ipamDriver }),
    },
    headers: { ID: "network id" },
    json: networkJson,
    jsonIndent: 2,
  };
}

export const command = defineCommand({
  path: ["network", "ls"],
  also: [["network", "list"]],
  summary: "List networks",
  usage: "[options]",
  args: { min: 0, max: 0 },
  flags: {
    filter: {
      type: "list",
      short: "f",
      help: "Provide filter values (e.g. 'name=podman')",
      valueName: "filter",
    },
    format: { type: "string", help: "Pretty-print networks to JSON or using a Go template" },
    "no-trunc": { type: "bool", help: "Do not truncate the network ID" },
    noheading: { type: "bool", short: "n", help: "Do not print headers" },
    quiet: { type: "bool", short: "q", help: "Display only names" },
  },
  examples: ["network ls", "network ls --filter name=podman --format json"],
  async run({ flags, engine, io }) {
    const networks = await (await engine.networks()).list(parseFilters(flags.filter));
    const format = flags.quiet ? "{{.Name}}" : flags.format;
    printRows(io, rows(flags["no-trunc"] ? 64 : 12), networks, {
      defaultFormat: "table {{.ID}}\t{{.Name}}\t{{.Driver}}",
      ...(format === undefined ? {} : { format }),
      noHeading: flags.noheading,
    });
  },
});
