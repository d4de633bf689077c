import { expect, test } from "bun:test";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { inOwnNamespaces, sh, succeeds, temporaryDirectory } from "../../testing/kernel.ts";
import { kernelNetworkContext } from "../../testing/network-context.ts";
import { PortHolds, portsReleased } from "./held-ports.ts";

inOwnNamespaces(import.meta.path, () => {
  sh("ip link set lo up");
  const sandbox = {
    owner: "web",
    interfaces: [
      {
        network: "podman",
        interfaceName: "eth0",
        mac: "",
        addresses: ["10.88.0.2/16", "fd00::2/64"],
        gateways: [],
      },
    ],
    ports: [{ hostIp: "", hostPort: 8080, containerPort: 80, length: 2, protocol: "tcp" }],
  } satisfies { owner: string; interfaces: unknown; ports: PortMapping[] };

  const canListen = (address: string): boolean =>
    succeeds(`timeout 0.3 socat ${address},reuseaddr,accept-timeout=0.1 /dev/null`);
  const V4 = "TCP4-LISTEN:8081";
  const V6 = "TCP6-LISTEN:8081,ipv6only";

  function monitorWith(descriptors: readonly number[]): ReturnType<typeof Bun.spawn> {
    return Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore", ...descriptors] });
  }

  test("each port is held for each family that the sandbox has addresses of", async () => {
    using dir = temporaryDirectory();
    const holds = new PortHolds(kernelNetworkContext(dir.path));
    expect([canListen(V4), canListen(V6)]).toEqual([true, true]);
    const held = await holds.hold({ ...sandbox, monitors: () => [] });
    expect([canListen(V4), canListen(V6)]).toEqual([false, false]);
    await held[Symbol.asyncDispose]();
    expect([canListen(V4), canListen(V6)]).toEqual([true, true]);
  });

  test("members that start side by side have the same sockets, until the last lets go", async () => {
    using dir = temporaryDirectory();
    const holds = new PortHolds(kernelNetworkContext(dir.path));
    const both = [1, 2].map(() => holds.hold({ ...sandbox, monitors: () => [] }));
    const [one, two] = await Promise.all(both);
    expect(one?.descriptors).toEqual(two?.descriptors ?? []);
    await one?.[Symbol.asyncDispose]();
    expect(canListen(V4)).toBe(false);
    await two?.[Symbol.asyncDispose]();
    expect(canListen(V4)).toBe(true);
  });

  test("one that joins later shares the sockets of a sibling's monitor, and keeps them when that ends", async () => {
    using dir = temporaryDirectory();
    const ctx = kernelNetworkContext(dir.path);
    const first = await new PortHolds(ctx).hold({ ...sandbox, monitors: () => [] });
    const monitor = monitorWith(first.descriptors);
    await first[Symbol.asyncDispose]();
    const later = await new PortHolds(ctx).hold({ ...sandbox, monitors: () => [monitor.pid] });
    expect(later.descriptors).toHaveLength(2);
    monitor.kill(9);
    await monitor.exited;
    expect(canListen(V4)).toBe(false);
    await later[Symbol.asyncDispose]();
    expect(canListen(V4)).toBe(true);
  });

  test("one that starts while another command starts a sibling waits for that sibling's monitor", async () => {
    using dir = temporaryDirectory();
    const ctx = kernelNetworkContext(dir.path);
    const first = await new PortHolds(ctx).hold({ ...sandbox, monitors: () => [] });
    const monitors: number[] = [];
    const later = new PortHolds(ctx).hold({ ...sandbox, monitors: () => monitors });
    await Bun.sleep(30);
    const monitor = monitorWith(first.descriptors);
    monitors.push(monitor.pid);
    await first[Symbol.asyncDispose]();
    await using held = await later;
    expect(held.descriptors).toHaveLength(2);
    monitor.kill(9);
    await monitor.exited;
  });

  test("a port that a host process took while no member ran is refused by its name", async () => {
    using dir = temporaryDirectory();
    const holds = new PortHolds(kernelNetworkContext(dir.path));
    const thief = Bun.spawn(["socat", "TCP-LISTEN:8081,reuseaddr", "/dev/null"]);
    sh("for i in $(seq 500); do ss -tln | grep -q :8081 && break; sleep 0.02; done");
    await expect(holds.hold({ ...sandbox, monitors: () => [] })).rejects.toThrow(
      `cannot publish port 8081/tcp: address already in use by socat (process ${thief.pid})`,
    );
    expect(canListen("TCP4-LISTEN:8080")).toBe(true);
    thief.kill(9);
    await thief.exited;
  });

  test("portsReleased() waits for a monitor that is about to let go, and not long for anybody else", async () => {
    using dir = temporaryDirectory();
    const ctx = kernelNetworkContext(dir.path);
    const held = await new PortHolds(ctx).hold({ ...sandbox, monitors: () => [] });
    setTimeout(() => void held[Symbol.asyncDispose](), 50);
    const start = performance.now();
    await portsReleased(ctx, sandbox);
    expect(performance.now() - start).toBeGreaterThan(45);
    expect(canListen(V4)).toBe(true);
    await using _kept = await new PortHolds(ctx).hold({ ...sandbox, monitors: () => [] });
    await portsReleased(ctx, sandbox);
    expect(performance.now() - start).toBeLessThan(4_000);
  });
});
