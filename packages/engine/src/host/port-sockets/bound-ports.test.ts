import { expect, test } from "bun:test";
import { inOwnNamespaces, sh, succeeds } from "../../../testing/kernel.ts";
import { BoundPorts } from "./bound-ports.ts";

inOwnNamespaces(import.meta.path, () => {
  sh("ip link set lo up");
  const ports = new BoundPorts();

  test("bind() refuses a port that any process listens on, whatever the address", () => {
    const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const taken = { address: "0.0.0.0", port: server.port, protocol: "tcp" as const };
    expect(() => ports.bind(taken)).toThrow(`cannot publish port ${server.port}/tcp: address already in use`);
    using other = ports.bind({ ...taken, protocol: "udp" });
    expect(other?.port).toBe(server.port);
    server.stop(true);
  });

  test("a held port is refused to servers, and free once disposed", () => {
    const held = ports.bind({ address: "0.0.0.0", port: 0, protocol: "tcp" });
    const port = held?.port ?? 0;
    expect(port).toBeGreaterThan(0);
    expect(() => Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } })).toThrow();
    expect(succeeds(`timeout 1 socat TCP-LISTEN:${port},reuseaddr /dev/null`)).toBe(false);
    expect(() => ports.bind({ address: "127.0.0.1", port, protocol: "tcp" })).toThrow("already in use");
    held?.[Symbol.dispose]();
    Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } }).stop(true);
  });

  test("connections in TIME_WAIT of a server that has ended do not count", async () => {
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: (s) => void s.end(), data() {} },
    });
    const { port } = server;
    const closed = Promise.withResolvers<void>();
    await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {}, close: () => closed.resolve() } });
    await closed.promise;
    server.stop(true);
    expect(sh("ss -tan state time-wait")).toContain(`:${port}`);
    using bound = ports.bind({ address: "0.0.0.0", port, protocol: "tcp" });
    expect(bound?.port).toBe(port);
  });

  test("an address that the host does not have is named; IPv6 does not take IPv4's port", () => {
    const absent = { address: "192.0.2.9", port: 80, protocol: "tcp" as const };
    expect(() => ports.bind(absent)).toThrow(
      "cannot publish port 80/tcp: this host has no address 192.0.2.9",
    );
    using v4 = ports.bind({ address: "0.0.0.0", port: 8080, protocol: "tcp" });
    using v6 = ports.bind({ address: "::", port: 8080, protocol: "tcp" });
    expect([v4?.port, v6?.port]).toEqual([8080, 8080]);
  });
});
