/** What the suites on networks share: two networks, containers on them, and who finds whom by which name. */
import { existsSync, readFileSync } from "node:fs";
import { type Engine, host } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { asSeenInside } from "./user.ts";
import { warmUp } from "./warm-up.ts";

export interface Networks {
  /** Where the name server's files are while it runs. */
  readonly names: string;
  /** Ends what a test left running, and sees that no name server outlives the last container. */
  readonly afterTest: () => Promise<void>;
  readonly end: () => Promise<void>;
  /** An nginx in the background. */
  readonly run: (name: string, ...options: readonly string[]) => Promise<string>;
  /** The IPv4 address that a container gives for a name, by its C library; "" for none. */
  readonly lookUp: (container: string, name: string) => Promise<string>;
  readonly addressOf: (container: string, network: string) => Promise<string>;
  readonly inside: (container: string, ...argv: readonly string[]) => Promise<string>;
  /** `ip` in the container's network namespace. */
  readonly ip: (container: string, ...argv: readonly string[]) => Promise<string>;
  readonly serverPid: () => number;
}

/** Makes the networks `red` (10.71.0.0/24) and `blue` (10.72.0.0/24). */
export async function openNetworks(engine: Engine): Promise<Networks> {
  const { ok, pw } = engine;
  await warmUp(engine, "nginx");
  const names = asSeenInside(`${engine.runRoot}/names`);
  await ok("network", "create", "--subnet", "10.71.0.0/24", "red");
  await ok("network", "create", "--subnet", "10.72.0.0/24", "blue");
  // Their bridges, and their locks, stay with them.
  for (const name of ["red", "blue"]) await ok("run", "--rm", "--network", name, "busybox", "true");
  const before: HostState = await hostState(engine);
  return {
    names,
    afterTest: async () => {
      await pw("pod", "rm", "-f", "-t", "0", "-a");
      await pw("rm", "-f", "-t", "0", "-a");
      if (existsSync(names)) throw new Error("the name server outlives the last container");
      await expectAsBefore(engine, before);
    },
    end: async () => {
      await ok("network", "rm", "-f", "-t", "0", "red", "blue");
      await expectCleanEnd(engine, before);
      const left = (await bridges()).filter((name) => name !== "pw0");
      if (left.length > 0) throw new Error(`bridges are left: ${left.join(" ")}`);
    },
    run: (name, ...options) => ok("run", "-d", "--name", name, ...options, "nginx"),
    lookUp: async (container, name) => {
      const { stdout } = await pw("exec", container, "getent", "ahostsv4", name);
      return stdout.split(/\s/, 1)[0] ?? "";
    },
    addressOf: (container, network) =>
      ok("inspect", "-f", `{{.NetworkSettings.Networks.${network}.IPAddress}}`, container),
    inside: (container, ...argv) => ok("exec", container, ...argv),
    ip: async (container, ...argv) => {
      const pid = await ok("inspect", "-f", "{{.State.Pid}}", container);
      return host("nsenter", "-t", pid, "-n", "ip", ...argv);
    },
    serverPid: () => Number(readFileSync(`${names}/zones/aardvark.pid`, "utf8")),
  };
}

async function bridges(): Promise<string[]> {
  const all = JSON.parse(await host("ip", "-j", "link", "show", "type", "bridge")) as { ifname?: string }[];
  return all.flatMap(({ ifname }) => ifname ?? []).filter((name) => /^pw\d+$/.test(name));
}
