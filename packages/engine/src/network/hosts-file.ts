/** The text of a sandbox's /etc/hosts (podman.md §9). Pure. */
import { EngineError } from "@podwright/spec/errors/engine-error";

interface Entry {
  readonly ip: string;
  readonly names: readonly string[];
}

export interface HostsFile {
  /** Text of the host's own /etc/hosts. */
  readonly base: string;
  /** "name:ip", "name;other:ip", "name:host-gateway" */
  readonly addHost: readonly string[];
  /** Where host.containers.internal leads; "" for nowhere. */
  readonly hostAddress: string;
  /** The sandbox's own addresses, all of which have all the names. */
  readonly addresses: readonly string[];
  readonly names: readonly string[];
}

/** Names that stand in what the user gave or in the host's file are not given a second meaning. */
export function hostsFile(file: HostsFile): string {
  const given = [
    ...file.addHost.map((text) => parseAddHost(text, file.hostAddress)),
    ...parseHosts(file.base),
  ];
  const own: Entry[] = [
    { ip: "127.0.0.1", names: ["localhost"] },
    { ip: "::1", names: ["localhost"] },
    ...(file.hostAddress === ""
      ? []
      : [{ ip: file.hostAddress, names: ["host.containers.internal", "host.docker.internal"] }]),
    ...file.addresses.map((ip) => ({ ip, names: [...new Set(file.names)].filter((name) => name !== "") })),
  ];
  const known = new Set(given.flatMap(({ names }) => names));
  const added = own
    .map(({ ip, names }) => ({ ip, names: names.filter((name) => !known.has(name)) }))
    .filter(({ names }) => names.length > 0);
  return [...given, ...added].map(({ ip, names }) => `${ip}\t${names.join(" ")}\n`).join("");
}

/** @throws CONTAINER_INVALID for text that is no entry, or a host-gateway that has no address */
function parseAddHost(text: string, hostAddress: string): Entry {
  const colon = text.indexOf(":");
  const quoted = JSON.stringify(text);
  if (colon < 0) throw invalid(`unable to parse host entry ${quoted}: incorrect format`);
  if (colon === 0) throw invalid(`hostname in host entry ${quoted} is empty`);
  const address = text.slice(colon + 1);
  if (address === "") throw invalid(`IP address in host entry ${quoted} is empty`);
  const names = text.slice(0, colon).split(";");
  if (address !== "host-gateway") return { ip: address, names };
  if (hostAddress !== "") return { ip: hostAddress, names };
  throw invalid(
    `unable to replace "host-gateway" of host entry ${quoted}: host containers internal IP address is empty`,
  );
}

function parseHosts(text: string): Entry[] {
  return text.split("\n").flatMap((line) => {
    const [ip = "", ...names] = line
      .replace(/#.*/, "")
      .split(/\s+/)
      .filter((word) => word !== "");
    return names.length === 0 ? [] : [{ ip, names }];
  });
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
