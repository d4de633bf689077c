/** Flags that say how a container or a pod reaches the world. */
import type { NetworkAttachment, NetworkMode } from "@podwright/spec/engine-api/common";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { canonicalIp, isIpv4, isIpv6 } from "@podwright/spec/values/ip";
import type { Flags, FlagValues } from "../frame/command.ts";
import { publishFlags } from "./ports.ts";

export const networkFlags = {
  network: {
    type: "list",
    help: "Connect a container to a network",
    valueName: "bridge[:options]|none|host|pasta[:options]|container:ID|ns:PATH|private|NAME[:options]",
    complete: "network",
  },
  "network-alias": {
    type: "csv",
    help: "Add network-scoped alias for the container",
    valueName: "NAME",
    complete: "none",
  },
  ip: { type: "string", help: "Specify a static IPv4 address for the container", complete: "none" },
  ip6: { type: "string", help: "Specify a static IPv6 address for the container", complete: "none" },
  "mac-address": { type: "string", help: "Container MAC address (e.g. 92:d0:c6:0a:29:33)", complete: "none" },
  ...publishFlags,
} as const satisfies Flags;

type NetworkValues = Omit<FlagValues<typeof networkFlags>, "publish">;

/** The name in a request for the default network, whatever the configuration calls it. */
export const DEFAULT_NETWORK = "";

/** Undefined when nothing was asked for: the configuration decides. @throws CONTAINER_INVALID, NOT_IMPLEMENTED */
export function parseNetwork(flags: NetworkValues): NetworkMode | undefined {
  const mode = flags.network.length === 0 ? undefined : parseModes(flags.network);
  const wanted = {
    ip: staticAddress("ip", flags.ip, isIpv4),
    ip6: staticAddress("ip6", flags.ip6, isIpv6),
    mac: flags["mac-address"] === undefined ? undefined : parseMac(flags["mac-address"]),
  };
  const aliases = flags["network-alias"];
  const flag = firstSet({ ...wanted, "network-alias": aliases[0] });
  if (flag === undefined) return mode;
  const bridge = mode ?? { kind: "bridge", attachments: [{ name: DEFAULT_NETWORK }] };
  if (bridge.kind !== "bridge") {
    throw invalid(`--${flag} can only be set when the network mode is bridge: invalid argument`);
  }
  const single = firstSet(wanted);
  if (single !== undefined && bridge.attachments.length !== 1) {
    throw invalid(`--${single} can only be set for a single network: invalid argument`);
  }
  return { kind: "bridge", attachments: bridge.attachments.map((a) => withFlags(a, wanted, aliases)) };
}

/** Flags of `network connect`. @throws CONTAINER_INVALID */
export function parseAttachment(
  name: string,
  flags: Pick<NetworkValues, "ip" | "ip6" | "mac-address"> & { readonly alias: readonly string[] },
): NetworkAttachment {
  return withFlags(
    { name },
    {
      ip: staticAddress("ip", flags.ip, isIpv4),
      ip6: staticAddress("ip6", flags.ip6, isIpv6),
      mac: flags["mac-address"] === undefined ? undefined : parseMac(flags["mac-address"]),
    },
    flags.alias,
  );
}

interface StaticValues {
  readonly ip: string | undefined;
  readonly ip6: string | undefined;
  readonly mac: string | undefined;
}

function firstSet(values: Readonly<Record<string, string | undefined>>): string | undefined {
  const name = Object.keys(values).find((key) => values[key] !== undefined);
  return name === "mac" ? "mac-address" : name;
}

function withFlags(
  attachment: NetworkAttachment,
  { ip, ip6, mac }: StaticValues,
  aliases: readonly string[],
): NetworkAttachment {
  return {
    ...attachment,
    ...(ip === undefined ? {} : { ip }),
    ...(ip6 === undefined ? {} : { ip6 }),
    ...(mac === undefined ? {} : { mac }),
    ...(aliases.length === 0 ? {} : { aliases: [...(attachment.aliases ?? []), ...aliases] }),
  };
}

function parseModes(values: readonly string[]): NetworkMode {
  const [first = "", ...others] = values;
  const mode = parseFirst(first);
  if (others.length === 0) return mode;
  if (mode.kind !== "bridge") {
    throw invalid(
      `cannot set multiple networks without bridge network mode, selected mode ${first}: invalid argument`,
    );
  }
  return { kind: "bridge", attachments: [...mode.attachments, ...others.map(parseExtra)] };
}

function parseFirst(text: string): NetworkMode {
  const [name, options] = cut(text);
  switch (name) {
    case "":
    case "default":
    case "private":
      if (options !== undefined) throw invalid("network name cannot be empty");
      return { kind: "bridge", attachments: [{ name: DEFAULT_NETWORK }] };
    case "bridge":
      return { kind: "bridge", attachments: [toAttachment(DEFAULT_NETWORK, options ?? "")] };
    case "none":
    case "host":
      if (options !== undefined) throw invalid(`invalid option for network ${name}: ${options}`);
      return { kind: name };
    case "container":
      if (options === undefined || options === "") throw needsValue(name);
      return { kind: "container", container: options };
    case "ns":
      if (options === undefined || options === "") throw needsValue("path");
      return { kind: "path", path: options };
    case "pasta":
      return { kind: "pasta", options: options === undefined || options === "" ? [] : options.split(",") };
    case "slirp4netns":
      throw new EngineError("NOT_IMPLEMENTED", `--network ${name} is not implemented`);
    default:
      if (options !== undefined) return { kind: "bridge", attachments: [named(name, options)] };
      // Several names in one value, separated by commas, as Docker's users know it.
      return { kind: "bridge", attachments: name.split(",").map((n) => ({ name: n })) };
  }
}

const MODES: readonly string[] =
  "bridge slirp4netns pasta pod none default private path ns container host".split(" ");

function parseExtra(text: string): NetworkAttachment {
  const [name, options] = cut(text);
  if (name === "") throw invalid("network name cannot be empty: invalid argument");
  if (MODES.includes(name)) {
    throw invalid(
      `can only set extra network names, selected mode ${name} conflicts with bridge: invalid argument`,
    );
  }
  return options === undefined ? { name } : named(name, options);
}

function named(name: string, options: string): NetworkAttachment {
  try {
    return toAttachment(name, options);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw invalid(`invalid option for network ${name}: ${error.message}`);
  }
}

function toAttachment(name: string, options: string): NetworkAttachment {
  let result: NetworkAttachment = { name };
  for (const option of options === "" ? [] : options.split(",")) result = withOption(result, option);
  return result;
}

function withOption(attached: NetworkAttachment, option: string): NetworkAttachment {
  const equals = option.indexOf("=");
  const key = equals === -1 ? option : option.slice(0, equals);
  const value = equals === -1 ? "" : option.slice(equals + 1);
  switch (key) {
    case "ip":
    case "ip6": {
      const address = canonicalIp(value);
      if (address === undefined) throw invalid(`invalid ip address ${JSON.stringify(value)}`);
      return isIpv4(address) ? { ...attached, ip: address } : { ...attached, ip6: address };
    }
    case "mac":
      return { ...attached, mac: parseMac(value) };
    case "alias":
      if (value === "") throw invalid("alias cannot be empty");
      return { ...attached, aliases: [...(attached.aliases ?? []), value] };
    case "interface_name":
      if (value === "") throw invalid("interface_name cannot be empty");
      return { ...attached, interfaceName: value };
    default:
      throw new EngineError("NOT_IMPLEMENTED", `network option ${JSON.stringify(key)} is not implemented`);
  }
}

function staticAddress(
  flag: string,
  value: string | undefined,
  isFamily: (text: string) => boolean,
): string | undefined {
  if (value === undefined) return undefined;
  const address = canonicalIp(value);
  if (address === undefined || !isFamily(address)) {
    throw invalid(`${JSON.stringify(value)} is not an ${flag === "ip6" ? "ip6" : "ip"} address`);
  }
  return address;
}

/** Lower case, colons. @throws CONTAINER_INVALID */
export function parseMac(text: string): string {
  const bytes = text.split(/[:-]/);
  if (bytes.length !== 6 || !bytes.every((b) => /^[0-9a-fA-F]{2}$/.test(b))) {
    throw invalid(`address ${text}: invalid MAC address`);
  }
  return bytes.join(":").toLowerCase();
}

function needsValue(mode: string): EngineError {
  return invalid(`namespace mode ${mode} requires a value`);
}

/** Name and what stands after the first colon. */
function cut(text: string): [string, string | undefined] {
  const colon = text.indexOf(":");
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function invalid(message: string): EngineError {
  return new EngineError("CONTAINER_INVALID", message);
}
