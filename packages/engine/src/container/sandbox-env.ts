/** Variables that hold what only a started sandbox knows: addresses, set anew at each start. */
import type { InterfaceStatus } from "@podwright/spec/engine-api/common";
import type { SandboxFact } from "@podwright/spec/engine-api/containers";
import type { ContainerConfig } from "../ports/container-record.ts";
import type { PrepareContext } from "./prepare-context.ts";

/**
 * The config with those variables set, and `$(NAME)` of them replaced in the command and in other variables.
 * `$$(NAME)` stands for `$(NAME)` itself; other names are left as they are.
 */
export async function withSandboxEnv(
  { facts }: Pick<PrepareContext, "facts">,
  config: ContainerConfig,
  interfaces: readonly InterfaceStatus[],
): Promise<ContainerConfig> {
  const asked = Object.entries(config.sandboxEnv ?? {});
  if (asked.length === 0) return config;
  const known = sandboxFacts(interfaces, {
    hostNetwork: isHostNetwork(config),
    primary: await facts.primaryAddress(),
  });
  const values = new Map(asked.map(([name, fact]) => [name, known[fact]]));
  const { process } = config;
  const env = process.env.filter((line) => !values.has(line.split("=", 1)[0] ?? ""));
  const replaced = (texts: readonly string[]): string[] => texts.map((text) => expand(text, values));
  return {
    ...config,
    process: {
      ...process,
      env: [...replaced(env), ...[...values].map(([name, value]) => `${name}=${value}`)],
      args: replaced(process.args),
    },
  };
}

/** Without an interface of its own a member sees the host, or nothing. */
function isHostNetwork({ network }: ContainerConfig): boolean {
  return network.mode.kind === "host";
}

export interface HostSide {
  readonly hostNetwork: boolean;
  /** The host's own address, "" when it has none. */
  readonly primary: string;
}

/** The host is the gateway of the sandbox's networks; seen from a network without one, and from the host's, itself. */
export function sandboxFacts(
  interfaces: readonly InterfaceStatus[],
  { hostNetwork, primary }: HostSide,
): Record<SandboxFact, string> {
  const own = interfaces.flatMap(({ addresses }) => addresses.map((text) => text.replace(/\/\d+$/, "")));
  const gateways = interfaces.flatMap((status) => status.gateways).filter((gateway) => gateway !== "");
  // A host that is on no network is reached from itself alone.
  const alone = hostNetwork ? ["127.0.0.1"] : [];
  const known = primary === "" ? alone : [primary];
  const hosts = gateways.length > 0 ? v4First(gateways) : known;
  const pods = hostNetwork ? known : v4First(own);
  return {
    podIP: pods[0] ?? "",
    podIPs: pods.join(","),
    hostIP: hosts[0] ?? "",
    hostIPs: hosts.join(","),
  };
}

function v4First(addresses: readonly string[]): string[] {
  const isV4 = (address: string): boolean => !address.includes(":");
  return [...addresses.filter(isV4), ...addresses.filter((address) => !isV4(address))];
}

function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/(\$?)\$\(([^()]*)\)/g, (whole, escaped: string, name: string) => {
    const value = values.get(name);
    if (value === undefined) return whole;
    return escaped === "" ? value : `$(${name})`;
  });
}
