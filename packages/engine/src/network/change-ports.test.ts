import { expect, test } from "bun:test";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import fc from "fast-check";
import { inOwnNamespaces, sh, succeeds, temporaryDirectory } from "../../testing/kernel.ts";
import { kernelNetworkContext } from "../../testing/network-context.ts";
import { PinnedNamespaces } from "../host/namespaces/pinned-namespaces.ts";
import type { PublishingSandbox } from "../ports/sandbox-network.ts";
import { exchangePorts, planPorts, releasePorts, restorePorts } from "./change-ports.ts";
import { portText } from "./port-list.ts";
import { sandboxNetwork } from "./sandbox-network.ts";

const BASE = 26_000;

function port(hostPort: number, change: Partial<PortMapping> = {}): PortMapping {
  return { hostIp: "", hostPort, containerPort: hostPort - 20_000, length: 1, protocol: "tcp", ...change };
}

inOwnNamespaces(import.meta.path, () => {
  sh("ip link set lo up");
  const directory = temporaryDirectory();
  const ctx = kernelNetworkContext(directory.path);
  const network = sandboxNetwork(ctx);
  const table = `podwright_${ctx.settings.storeId}`;

  /** With a monitor that keeps its sockets. */
  async function up(owner: string, ports: readonly PortMapping[]) {
    const pins = `${directory.path}/pins/${owner}`;
    new PinnedNamespaces().pin(pins, ["net"], {});
    const attached = await network.attach({
      owner,
      ownerName: owner,
      netnsPath: `${pins}/net`,
      attachments: [{ name: "" }],
      ports,
    });
    const held = await network.holdPorts({ owner, ...attached, room: true, monitors: () => [] });
    const monitor = Bun.spawn(["sleep", "600"], {
      stdio: ["ignore", "ignore", "ignore", ...held.descriptors],
    });
    await held[Symbol.asyncDispose]();
    const sandbox = (now: readonly PortMapping[]): PublishingSandbox => ({
      owner,
      ownerName: `pod ${owner}`,
      interfaces: attached.interfaces,
      ports: now,
      monitors: () => [monitor.pid],
    });
    const down = async (now: readonly PortMapping[]): Promise<void> => {
      monitor.kill(9);
      await monitor.exited;
      await network.detach(owner, { ...attached, ports: now });
    };
    return { sandbox, down, address: attached.interfaces[0]?.addresses[0]?.split("/")[0] ?? "" };
  }

  /** Host ports of TCP that lead to an address, as nft has them. */
  function elements(address: string): number[] {
    const text = sh(`nft list map inet ${table} any4`);
    return [...text.matchAll(new RegExp(`tcp \\. (\\d+) : ${address.replaceAll(".", "\\.")} \\.`, "g"))]
      .map(([, number]) => Number(number))
      .sort((a, b) => a - b);
  }

  const bound = (number: number): boolean =>
    !succeeds(`timeout 0.2 socat TCP4-LISTEN:${number},reuseaddr,accept-timeout=0.05 /dev/null`);

  const numbers = (ports: readonly PortMapping[]): number[] =>
    ports
      .flatMap(({ hostPort, length }) => Array.from({ length }, (_, i) => hostPort + i))
      .sort((a, b) => a - b);

  test("any sequence of changes leaves in nft what a list of ports would have", async () => {
    const web = await up("web", [port(BASE)]);
    let present: readonly PortMapping[] = [port(BASE)];
    const range = fc.record({ start: fc.nat({ max: 12 }), length: fc.integer({ min: 1, max: 5 }) });
    const change = fc.record({
      add: fc.array(range, { maxLength: 2 }),
      remove: fc.array(range, { maxLength: 2 }),
      fate: fc.constantFrom("done", "taken back", "killed before", "killed after"),
    });
    const toPort = ({ start, length }: { start: number; length: number }) => port(BASE + start, { length });
    await fc.assert(
      fc.asyncProperty(change, async ({ add, remove, fate }) => {
        const sandbox = web.sandbox(present);
        const wish = { add: add.map(toPort), remove: remove.map(toPort) };
        const plan = await planPorts(ctx, sandbox, wish).catch(() => undefined);
        if (plan !== undefined) {
          await exchangePorts(ctx, sandbox, plan);
          if (fate === "taken back") await sandboxNetwork(ctx).takeBackPorts(sandbox, plan);
          else if (fate === "killed before") await restorePorts(ctx, sandbox);
          else present = plan.ports;
          if (fate === "done") await releasePorts(ctx, sandbox, plan);
          else if (fate === "killed after") await restorePorts(ctx, web.sandbox(present));
        }
        expect(elements(web.address)).toEqual([...new Set(numbers(present))]);
      }),
      { numRuns: 60 },
    );
    const held = new Set(numbers(present));
    for (let number = BASE; number < BASE + 18; number++)
      expect([number, bound(number)]).toEqual([number, held.has(number)]);
    await web.down(present);
    expect(elements(web.address)).toEqual([]);
    expect(bound(BASE)).toBe(false);
  });

  test("a failure between sockets and firewall leaves both as they were", async () => {
    const [one, two] = [await up("one", [port(BASE)]), await up("two", [port(BASE + 1)])];
    const sandbox = one.sandbox([port(BASE)]);
    expect(planPorts(ctx, sandbox, { add: [port(BASE + 1)], remove: [] })).rejects.toThrow(
      "address already in use",
    );
    // Another command was quicker than the check.
    const late = { add: [port(BASE + 2), port(BASE + 1)], remove: [port(BASE)] };
    expect(exchangePorts(ctx, sandbox, late)).rejects.toThrow("address already in use");
    await exchangePorts(ctx, sandbox, late).catch(() => undefined);
    expect([elements(one.address), elements(two.address)]).toEqual([[BASE], [BASE + 1]]);
    expect([bound(BASE), bound(BASE + 1), bound(BASE + 2)]).toEqual([true, true, false]);
    await one.down([port(BASE)]);
    await two.down([port(BASE + 1)]);
  });

  test("what is chosen is free for everybody, also where a sandbox without members has a port", async () => {
    const web = await up("web", []);
    const plan = await planPorts(ctx, web.sandbox([]), { add: [port(0, { containerPort: 80 })], remove: [] });
    expect(plan.ports.map(portText)).toEqual([expect.stringMatching(/^\d+:80\/tcp$/)]);
    await exchangePorts(ctx, web.sandbox([]), plan);
    expect(elements(web.address)).toEqual(numbers(plan.ports));
    await web.down(plan.ports);
  });
});
