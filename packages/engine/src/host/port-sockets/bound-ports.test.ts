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
    expect(other?.endpoint.port).toBe(server.port);
    server.stop(true);
  });

  test("a held port is refused to servers, and free once disposed", () => {
    const held = ports.bind({ address: "0.0.0.0", port: 0, protocol: "tcp" });
    const port = held?.endpoint.port ?? 0;
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
    expect(bound?.endpoint.port).toBe(port);
    // We shared the port with what is left of those; a server that would share it with us is refused all the same.
    expect(succeeds(`timeout 1 socat TCP-LISTEN:${port},reuseaddr /dev/null`)).toBe(false);
  });

  test("holder() names the process that has a port, also one that listens for both families", () => {
    const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const both = Bun.listen({ hostname: "::", port: 0, socket: { data() {} } });
    const self = { pid: process.pid, name: expect.any(String) };
    const tcp = (address: string, port: number) => ports.holder({ address, port, protocol: "tcp" });
    expect(tcp("0.0.0.0", server.port)).toMatchObject(self);
    expect(tcp("127.0.0.1", server.port)).toMatchObject(self);
    expect(tcp("127.0.0.2", server.port)).toBeUndefined();
    expect(tcp("::", server.port)).toBeUndefined();
    expect(tcp("127.0.0.1", both.port)).toMatchObject(self);
    expect(ports.holder({ address: "0.0.0.0", port: server.port, protocol: "udp" })).toBeUndefined();
    server.stop(true);
    both.stop(true);
  });

  test("holding a port costs less than a millisecond", () => {
    const times: number[] = [];
    for (let port = 20_000; port < 20_100; port++) {
      const start = performance.now();
      ports.bind({ address: "0.0.0.0", port, protocol: "tcp" })?.[Symbol.dispose]();
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(1);
  });

  test("an address that the host does not have is named; IPv6 does not take IPv4's port", () => {
    const absent = { address: "192.0.2.9", port: 80, protocol: "tcp" as const };
    expect(() => ports.bind(absent)).toThrow(
      "cannot publish port 80/tcp: this host has no address 192.0.2.9",
    );
    using v4 = ports.bind({ address: "0.0.0.0", port: 8080, protocol: "tcp" });
    using v6 = ports.bind({ address: "::", port: 8080, protocol: "tcp" });
    expect([v4?.endpoint.port, v6?.endpoint.port]).toEqual([8080, 8080]);
  });
});
