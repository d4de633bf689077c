/** Flags that fill /etc/resolv.conf, /etc/hosts and /etc/hostname. */
import type { DnsOptions } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { canonicalIp } from "@podwright/spec/values/ip";
import type { Flags, FlagValues } from "../frame/command.ts";

export const nameFlags = {
  dns: { type: "csv", help: "Set custom DNS servers", valueName: "IP|none", complete: "none" },
  "dns-search": { type: "csv", help: "Set custom DNS search domains", valueName: "DOMAIN", complete: "none" },
  "dns-option": { type: "csv", help: "Set custom DNS options", valueName: "OPTION", complete: "none" },
  "add-host": {
    type: "csv",
    help: "Add a custom host-to-IP mapping",
    valueName: "host[;host]:ip",
    complete: "none",
  },
  "no-hosts": { type: "bool", help: "Do not create /etc/hosts, use the version from the image" },
  "no-hostname": { type: "bool", help: "Do not create /etc/hostname, use the version from the image" },
} as const satisfies Flags;

export interface NameSettings {
  readonly dns: DnsOptions;
  readonly addHost: readonly string[];
  readonly noHosts: boolean;
  readonly noHostname: boolean;
}

/** @throws CONTAINER_INVALID */
export function parseNames(flags: FlagValues<typeof nameFlags>): NameSettings {
  const addHost = flags["add-host"];
  if (flags["no-hosts"] && addHost.length > 0) {
    throw invalid("--no-hosts and --add-host cannot be set together");
  }
  addHost.forEach(checkExtraHost);
  return {
    dns: parseDns(flags.dns, flags["dns-search"], flags["dns-option"]),
    addHost,
    noHosts: flags["no-hosts"],
    noHostname: flags["no-hostname"],
  };
}

function parseDns(
  servers: readonly string[],
  search: readonly string[],
  options: readonly string[],
): DnsOptions {
  if (servers.includes("none")) {
    if (servers.length > 1) {
      throw invalid("none is not allowed to be specified with other DNS ip addresses");
    }
    if (search.length > 0) throw invalid("cannot set both UseImageResolvConf and DNSSearch");
    if (options.length > 0) throw invalid("cannot set both UseImageResolvConf and DNSOption");
    return { servers: ["none"] };
  }
  if (search.includes(".") && search.length > 1) {
    throw invalid("cannot pass additional search domains when also specifying '.'");
  }
  search.filter((domain) => domain !== ".").forEach(checkDomain);
  return {
    ...(servers.length === 0 ? {} : { servers: servers.map(serverAddress) }),
    ...(search.length === 0 ? {} : { search }),
    ...(options.length === 0 ? {} : { options }),
  };
}

function serverAddress(text: string): string {
  const address = canonicalIp(text);
  if (address === undefined) throw invalid(`${text} is not an ip address`);
  return address;
}

function checkDomain(text: string): void {
  const label = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?";
  const valid = new RegExp(`^${label}(\\.${label})*\\.?$`).test(text) && /[a-zA-Z]/.test(text);
  if (!valid || text.length > 254) throw invalid(`${text} is not a valid domain`);
}

function checkExtraHost(text: string): void {
  const colon = text.indexOf(":");
  if (colon <= 0) throw invalid(`bad format for add-host: ${JSON.stringify(text)}`);
  if (text.slice(0, colon).split(";").includes("")) {
    throw invalid(`hostname in add-host ${JSON.stringify(text)} is empty`);
  }
  const ip = text.slice(colon + 1);
  if (ip !== "host-gateway" && canonicalIp(ip) === undefined) {
    throw invalid(`invalid IP address in add-host: ${JSON.stringify(ip)}`);
  }
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
