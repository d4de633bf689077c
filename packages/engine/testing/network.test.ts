/** The network domain on the real kernel: who reaches whom, what is refused, what is left behind. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { PinnedNamespaces } from "../src/host/namespaces/pinned-namespaces.ts";
import { lowerAllNetworks } from "../src/network/bridge.ts";
import { networksApi } from "../src/network/networks-api.ts";
import { sandboxNetwork } from "../src/network/sandbox-network.ts";
import type { AttachedNetwork } from "../src/ports/sandbox-network.ts";
import { inOwnNamespaces, sh, succeeds, temporaryDirectory } from "./kernel.ts";
import { kernelNetworkContext } from "./network-context.ts";
import { podRecord } from "./records.ts";
import { waitFor } from "./waiting.ts";

function port(hostPort: number, change: Partial<PortMapping> = {}): PortMapping {
  return { hostIp: "", hostPort, containerPort: 80, length: 1, protocol: "tcp", ...change };
}

/** The client's answer, "" when it got none in time. */
function ask(prefix: string, address: string, number: number): string {
  return sh(`${prefix} timeout 3 curl -s -m 2 --noproxy '*' http://${address}:${number}/ || true`);
}

function askUdp(prefix: string, address: string, number: number): string {
  return sh(
    `echo hi | ${prefix} timeout 3 socat -t0.3 - UDP:${address}:${number} 2>/dev/null || true`,
  ).trim();
}

inOwnNamespaces(import.meta.path, () => {
  const directory = temporaryDirectory();
  const ctx = kernelNetworkContext(directory.path);
  const network = sandboxNetwork(ctx);
  const api = networksApi(ctx);
  const pins = new PinnedNamespaces();
  const servers = new Map<string, Bun.Subprocess[]>();

  const pinDir = (owner: string): string => `${directory.path}/pins/${owner}`;
  const enter = (owner: string): string => `nsenter --net=${pinDir(owner)}/net`;

  async function up(
    owner: string,
    ports: readonly PortMapping[] = [],
    networks: readonly { name: string; ip?: string; mac?: string }[] = [],
  ): Promise<AttachedNetwork> {
    pins.pin(pinDir(owner), ["net"], {});
    const request = {
      owner,
      ownerName: owner,
      netnsPath: `${pinDir(owner)}/net`,
      attachments: networks.length === 0 ? [{ name: "" }] : networks,
      ports,
    };
    return network.attach(request);
  }

  async function down(owner: string, known: AttachedNetwork): Promise<void> {
    for (const server of servers.get(owner) ?? []) {
      server.kill();
      await server.exited;
    }
    servers.delete(owner);
    await network.detach(owner, known);
    pins.unpin(pinDir(owner));
  }

  /** Answers "<name> <address of the client>" on TCP and "<name> udp" on UDP port 80 inside, until `down`. */
  async function serve(owner: string): Promise<void> {
    const start = (address: string, what: string) =>
      Bun.spawn([...enter(owner).split(" "), "socat", address, `EXEC:${directory.path}/${what} ${owner}`]);
    servers.set(owner, [
      start("TCP4-LISTEN:80,fork,reuseaddr", "http"),
      start("TCP6-LISTEN:80,fork,reuseaddr,ipv6only=1", "http"),
      start("UDP4-LISTEN:80,fork", "udp"),
    ]);
    await waitFor("the servers", () => succeeds(`${enter(owner)} ss -tln | grep -q '::]:80'`));
  }

  beforeAll(() => {
    const http = String.raw`printf "HTTP/1.0 200 OK\r\n\r\n$1 $SOCAT_PEERADDR"`;
    writeFileSync(`${directory.path}/http`, `#!/bin/sh\nread line\n${http}\n`, { mode: 0o755 });
    writeFileSync(`${directory.path}/udp`, '#!/bin/sh\nread line\necho "$1 udp"\n', { mode: 0o755 });
    sh("mkdir -p /run/netns; mount -t tmpfs t /run/netns; ip link set lo up");
    // Another machine, on the host's outer network.
    sh(`ip netns add far; ip link add out0 type veth peer name eth0 netns far
      ip addr add 192.0.2.1/24 dev out0; ip link set out0 up
      ip -n far addr add 192.0.2.2/24 dev eth0; ip -n far link set eth0 up; ip -n far link set lo up`);
  });
  afterAll(() => {
    for (const server of [...servers.values()].flat()) server.kill();
    ctx.store.close();
    directory[Symbol.dispose]();
  });

  const FAR = "ip netns exec far";

  describe("a published sandbox", () => {
    let web: AttachedNetwork;
    const ports = [port(8080), port(8053, { protocol: "udp" }), port(8081, { hostIp: "127.0.0.1" })];

    beforeAll(async () => {
      web = await up("web", ports);
      await serve("web");
    });

    test("has an address of the default network on pw0", () => {
      expect(web.interfaces).toMatchObject([
        { network: "podman", interfaceName: "eth0", addresses: ["10.88.0.2/16"], gateways: ["10.88.0.1"] },
      ]);
      expect(sh("ip -4 addr show pw0")).toContain("10.88.0.1/16");
      expect(sh(`${enter("web")} ip link show eth0`)).toContain(web.interfaces[0]?.mac ?? "no MAC");
    });

    test("is reached from another machine, which it sees by its own address", () => {
      expect(ask(FAR, "192.0.2.1", 8080)).toBe("web 192.0.2.2");
      expect(askUdp(FAR, "192.0.2.1", 8053)).toBe("web udp");
    });

    test("is reached from the host by its own address and by 127.0.0.1 and localhost", () => {
      expect(ask("", "192.0.2.1", 8080)).toBe("web 192.0.2.1");
      expect(ask("", "127.0.0.1", 8080)).toBe("web 10.88.0.1");
      expect(ask("", "localhost", 8080)).toBe("web 10.88.0.1");
      expect(ask("", "127.0.0.1", 8081)).toBe("web 10.88.0.1");
      expect(askUdp("", "127.0.0.1", 8053)).toBe("web udp");
      expect(askUdp("", "192.0.2.1", 8053)).toBe("web udp");
    });

    test("reaches itself by the host's addresses, and so does a neighbour", async () => {
      expect(ask(enter("web"), "192.0.2.1", 8080)).toStartWith("web ");
      expect(ask(enter("web"), "10.88.0.1", 8080)).toStartWith("web ");
      expect(askUdp(enter("web"), "192.0.2.1", 8053)).toBe("web udp");
      const other = await up("other");
      expect(ask(enter("other"), "192.0.2.1", 8080)).toStartWith("web ");
      expect(ask(enter("other"), "10.88.0.2", 80)).toBe("web 10.88.0.3");
      await down("other", other);
    });

    test("reaches the outside, behind the host's address", () => {
      const far = [
        "ip",
        "netns",
        "exec",
        "far",
        "socat",
        "TCP-LISTEN:99,fork,reuseaddr",
        "SYSTEM:echo $SOCAT_PEERADDR",
      ];
      servers.set("far", [Bun.spawn(far)]);
      sh(`for i in $(seq 50); do ${FAR} ss -tln | grep -q :99 && break; sleep 0.02; done`);
      expect(sh(`${enter("web")} timeout 3 socat - TCP:192.0.2.2:99`)).toBe("192.0.2.1\n");
    });

    test("a port on 127.0.0.1 is not reached from outside", () => {
      expect(ask(FAR, "192.0.2.1", 8081)).toBe("");
    });

    test("sockets that are held on its ports keep host processes off and do not disturb traffic", async () => {
      const request = { owner: "web", ...web, monitors: () => [] };
      const held = await network.holdPorts(request);
      expect(held.descriptors).toHaveLength(2);
      expect(succeeds("timeout 1 socat TCP-LISTEN:8080,reuseaddr /dev/null")).toBe(false);
      expect(ask("", "127.0.0.1", 8080)).toBe("web 10.88.0.1");
      expect(ask("", "192.0.2.1", 8080)).toBe("web 192.0.2.1");
      expect(ask(FAR, "192.0.2.1", 8080)).toBe("web 192.0.2.2");
      expect(askUdp(FAR, "192.0.2.1", 8053)).toBe("web udp");
      expect(askUdp("", "127.0.0.1", 8053)).toBe("web udp");
      // A sibling that starts at the same time has the same.
      const same = await network.holdPorts(request);
      expect(same.descriptors).toEqual(held.descriptors);
      await held[Symbol.asyncDispose]();
      expect(succeeds("timeout 1 socat TCP-LISTEN:8080,reuseaddr /dev/null")).toBe(false);
      await same[Symbol.asyncDispose]();
    });

    test("a taken port is refused before anything is made, and says who has it", async () => {
      const record = podRecord("web");
      ctx.store.pods.add(
        {
          ...record,
          config: { ...record.config, id: "web", name: "webstack", infraId: "" },
          state: {
            stoppedAt: 0,
            sandbox: { bootId: "b", startedAt: 1, interfaces: web.interfaces, ports: web.ports },
          },
        },
        undefined,
      );
      const refused = up("second", [port(9000), port(8080)]);
      expect(refused).rejects.toThrow(
        'cannot publish port 8080/tcp: address already in use by pod "webstack"',
      );
      await refused.catch(() => undefined);
      const given = up("second", [port(8080, { hostIp: "192.0.2.1" })]);
      expect(given).rejects.toThrow("8080/tcp: address already in use");
      await given.catch(() => undefined);
      expect(ctx.store.networks.leases({ owner: "second" })).toEqual([]);
      expect(
        sh(`${enter("second")} ip -o link`)
          .trim()
          .split("\n"),
      ).toHaveLength(1);
      expect(sh(`nft list table inet podwright_${ctx.settings.storeId}`)).not.toContain("9000");
      pins.unpin(pinDir("second"));
    });

    test("going down leaves no port, lease or link", async () => {
      await down("web", web);
      await network.detach("web", web);
      expect(ask("", "192.0.2.1", 8080)).toBe("");
      expect(ctx.store.networks.leases({})).toEqual([]);
      await waitFor("the end of its links", () => sh("ip -o link show master pw0") === "");
      expect(sh(`nft list map inet podwright_${ctx.settings.storeId} any4`)).not.toContain("elements");
    });
  });

  test("a port of a host process is refused by name; nothing is left of the attempt", async () => {
    const server = Bun.listen({ hostname: "127.0.0.1", port: 7777, socket: { data() {} } });
    const refused = up("p", [port(7776), port(7777)]);
    expect(refused).rejects.toThrow(
      /^cannot publish port 7777\/tcp: address already in use by .* \(process \d+\)$/,
    );
    const error = await refused.catch((e: unknown) => e);
    expect(error).toMatchObject({ hint: expect.stringContaining("choose another port"), exitCode: 126 });
    server.stop(true);
    pins.unpin(pinDir("p"));
    expect(ctx.store.networks.leases({})).toEqual([]);
  });

  test("ranges, random ports, and a request that contradicts itself", async () => {
    const a = await up("a", [port(9100, { length: 3, containerPort: 80 }), port(0), port(0, { length: 2 })]);
    await serve("a");
    const chosen = a.ports.map((p) => p.hostPort);
    expect(chosen[0]).toBe(9100);
    expect(chosen[1]).toBeGreaterThan(1023);
    expect(ask("", "127.0.0.1", 9100)).toBe("a 10.88.0.1");
    expect(ask("", "127.0.0.1", chosen[1] ?? 0)).toBe("a 10.88.0.1");
    await down("a", a);
    const server = Bun.listen({ hostname: "127.0.0.1", port: 7778, socket: { data() {} } });
    const moved = await up("a", [port(7778, { chosen: true })]);
    expect(moved.ports[0]?.hostPort).not.toBe(7778);
    await down("a", moved);
    server.stop(true);
    const twice = up("b", [port(9000), port(9000, { hostIp: "127.0.0.1" })]);
    expect(twice).rejects.toThrow("conflicting port mappings for host port 9000 (protocol tcp)");
    await twice.catch(() => undefined);
    pins.unpin(pinDir("b"));
  });

  test("an attach that was killed after publishing is taken down by owner alone", async () => {
    await up("killed", [port(8080), port(8081, { hostIp: "127.0.0.1", protocol: "udp" })]);
    await down("killed", { interfaces: [], ports: [] });
    const table = sh(`nft list table inet podwright_${ctx.settings.storeId}`);
    expect(table).not.toContain("808");
    expect(ctx.store.networks.leases({})).toEqual([]);
  });

  test("addresses go in turn, static ones as asked", async () => {
    const one = await up("one");
    await down("one", one);
    const two = await up("two");
    expect(two.interfaces[0]?.addresses).not.toEqual(one.interfaces[0]?.addresses);
    const three = await up("three", [], [{ name: "podman", ip: "10.88.200.7", mac: "02:11:22:33:44:55" }]);
    expect(three.interfaces[0]).toMatchObject({ addresses: ["10.88.200.7/16"], mac: "02:11:22:33:44:55" });
    const again = up("four", [], [{ name: "podman", ip: "10.88.200.7" }]);
    expect(again).rejects.toThrow(
      "IPAM error: requested ip address 10.88.200.7 is already allocated to container ID three",
    );
    await again.catch(() => undefined);
    const outside = up("four", [], [{ name: "podman", ip: "10.99.0.1" }]);
    expect(outside).rejects.toThrow("requested static ip 10.99.0.1 not in any subnet on network podman");
    await outside.catch(() => undefined);
    await down("two", two);
    await down("three", three);
    pins.unpin(pinDir("four"));
  });

  const blank = {
    subnets: [],
    ipv6: false,
    internal: false,
    disableDns: false,
    dnsServers: [],
    labels: {},
    options: {},
    ignore: false,
  };

  test("network create: two networks do not see a third's isolated one; IPv6, MTU, internal", async () => {
    const six = await api.create({ ...blank, name: "six", ipv6: true, options: { mtu: "1400" } });
    expect(six.subnets.map((s) => s.subnet)).toEqual(["10.89.0.0/24", expect.stringMatching(/^fd.*::\/64$/)]);
    const inner = await api.create({ ...blank, name: "inner", internal: true });
    const iso1 = await api.create({ ...blank, name: "iso1", options: { isolate: "true" } });
    const iso2 = await api.create({ ...blank, name: "iso2", options: { isolate: "true" } });
    expect([inner, iso1, iso2].map((n) => n.subnets[0]?.subnet)).toEqual([
      "10.89.1.0/24",
      "10.89.2.0/24",
      "10.89.3.0/24",
    ]);
    const a = await up("a6", [port(8600)], [{ name: "six" }]);
    await serve("a6");
    const b = await up("b6", [], [{ name: "six" }, { name: "inner" }]);
    const c = await up("c1", [], [{ name: "iso1" }]);
    const d = await up("d2", [], [{ name: "iso2" }]);
    await serve("d2");
    const v6 = a.interfaces[0]?.addresses[1]?.split("/")[0] ?? "";
    expect(ask(enter("b6"), `[${v6}]`, 80)).toContain("a6 ");
    expect(ask("", "127.0.0.1", 8600)).toStartWith("a6 ");
    sh("ip addr add 2001:db8::1/64 dev out0 nodad; ip -n far addr add 2001:db8::2/64 dev eth0 nodad");
    expect(ask(FAR, "[2001:db8::1]", 8600)).toStartWith("a6 [2001:0db8:");
    expect(ask("", "[2001:db8::1]", 8600)).toStartWith("a6 [2001:0db8:");
    expect(ask(enter("a6"), "[2001:db8::1]", 8600)).toStartWith("a6 ");
    expect(sh(`${enter("a6")} ip link show eth0`)).toContain("mtu 1400");
    expect(
      sh(`${enter("b6")} ip route show default`)
        .trim()
        .split("\n"),
    ).toHaveLength(1);
    const target = d.interfaces[0]?.addresses[0]?.split("/")[0] ?? "";
    expect(ask(enter("c1"), target, 80)).toBe("");
    expect(ask(enter("a6"), target, 80)).toStartWith("d2 ");
    const innerAddress = b.interfaces[1]?.addresses[0]?.split("/")[0] ?? "";
    expect(innerAddress).toStartWith("10.89.1.");
    const refused = up("e", [port(8700)], [{ name: "inner" }]);
    expect(refused).rejects.toThrow("none of its networks is a bridge that leads out");
    await refused.catch(() => undefined);
    pins.unpin(pinDir("e"));
    expect((await api.inspect("six")).config.ipv6).toBe(true);
    for (const [owner, known] of [
      ["a6", a],
      ["b6", b],
      ["c1", c],
      ["d2", d],
    ] as const)
      await down(owner, known);
    const outcomes = await api.remove(["six", "inner", "iso1", "iso2", "nosuch", "podman"], { force: false });
    expect(outcomes.map((o) => o.error?.message)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      "unable to find network with name or ID nosuch: network not found",
      "default network podman cannot be removed",
    ]);
    expect(outcomes[4]?.error).toMatchObject({ exitCode: 1 });
    expect(sh("ip -o link show type bridge")).not.toContain("pw1");
  });

  test("network create refuses what cannot be, by name", async () => {
    const made = await api.create({
      ...blank,
      name: "small",
      subnets: [
        {
          subnet: "10.77.0.9/29",
          gateway: "10.77.0.14",
          leaseRange: { start: "10.77.0.9", end: "10.77.0.10" },
        },
      ],
    });
    expect(made.subnets[0]).toMatchObject({ subnet: "10.77.0.8/29", gateway: "10.77.0.14" });
    const refusal = async (change: object): Promise<string> => {
      const error = await api.create({ ...blank, ...change }).catch((e: unknown) => e);
      return error instanceof Error ? error.message : "created";
    };
    expect(await refusal({ name: "small" })).toBe("network name small already used: network already exists");
    expect(await refusal({ name: "a b" })).toStartWith("network name a b invalid: names must match");
    expect(await refusal({ name: "host" })).toBe(
      'cannot create network with name "host" because it conflicts with a valid network mode',
    );
    expect(await refusal({ subnets: [{ subnet: "10.77.0.0/28" }] })).toBe(
      "subnet 10.77.0.0/28 is already used on the host or by another config",
    );
    expect(await refusal({ subnets: [{ subnet: "192.0.2.0/25" }] })).toContain("already used on the host");
    expect(await refusal({ subnets: [{ subnet: "10.78.0.0/24", gateway: "10.79.0.1" }] })).toBe(
      "gateway 10.79.0.1 not in subnet 10.78.0.0/24",
    );
    expect(await refusal({ interfaceName: "averyveryverylongname" })).toContain(
      "bridge name averyveryverylongname invalid",
    );
    const stacked = { driver: "macvlan", subnets: [{ subnet: "10.78.0.0/24" }] };
    const refused: readonly (readonly [object, string])[] = [
      [{ driver: "nosuch" }, 'failed to find driver or plugin "nosuch"'],
      [{ driver: "macvlan" }, "ipam driver dhcp is not implemented"],
      [{ driver: "ipvlan" }, "ipam driver dhcp is not supported with ipvlan"],
      [{ ...stacked, options: { parent: "nosuch" } }, "parent interface nosuch does not exist"],
      [{ ...stacked, options: { mode: "l2" } }, 'unknown macvlan mode "l2"'],
      [{ options: { vlan: "3" } }, 'bridge network option "vlan" is not implemented'],
      [{ options: { vrf: "v" } }, 'bridge network option "vrf" is not implemented'],
      [{ options: { foo: "v" } }, "unsupported bridge network option foo"],
      [{ options: { mtu: "9" } }, "mtu 9 is not a number from 68 to 65535"],
    ];
    for (const [change, message] of refused) expect(await refusal(change)).toBe(message);
    const disabled = await refusal({ disableDns: true, dnsServers: ["192.0.2.53"] });
    expect(disabled).toStartWith("cannot set NetworkDNSServers if DNS is not enabled for the network");
    const first = await up("s1", [], [{ name: "small" }]);
    const second = await up("s2", [], [{ name: "small" }]);
    expect([first, second].map((known) => known.interfaces[0]?.addresses[0])).toEqual([
      "10.77.0.9/29",
      "10.77.0.10/29",
    ]);
    const third = up("s3", [], [{ name: "small" }]);
    expect(third).rejects.toThrow(
      "IPAM error: failed to find free IP in subnet 10.77.0.8/29 of network small",
    );
    await third.catch(() => undefined);
    await down("s1", first);
    await down("s2", second);
    pins.unpin(pinDir("s3"));
    expect(await api.prune({})).toMatchObject([{ id: "small" }]);
  });

  test("a second store on this host takes another bridge and range and does not disturb the first", async () => {
    using elsewhere = temporaryDirectory();
    const other = kernelNetworkContext(elsewhere.path);
    const theirs = sandboxNetwork(other);
    const mine = await up("mine", [port(8080)]);
    await serve("mine");
    pins.pin(`${elsewhere.path}/pins`, ["net"], {});
    const request = {
      owner: "x",
      ownerName: "x",
      netnsPath: `${elsewhere.path}/pins/net`,
      attachments: [{ name: "" }],
      ports: [port(8090)],
    };
    const attached = await theirs.attach(request);
    const [config] = await networksApi(other).list({});
    expect(config).toMatchObject({
      name: "podman",
      interfaceName: "pw1",
      subnets: [{ subnet: "10.89.0.0/24" }],
    });
    expect(ask("", "127.0.0.1", 8080)).toStartWith("mine ");
    await theirs.detach("x", attached);
    pins.unpin(`${elsewhere.path}/pins`);
    await lowerAllNetworks(other);
    expect(succeeds("ip link show pw1")).toBe(false);
    expect(ask("", "127.0.0.1", 8080)).toStartWith("mine ");
    await down("mine", mine);
    other.store.close();
  });

  test("after a reboot another bridge of the name is no hindrance", async () => {
    sh("ip link del pw0; ip link add pw0 type bridge; ip addr add 10.88.0.1/16 dev pw0; ip link set pw0 up");
    const moved = await up("moved", [port(8080)]);
    await serve("moved");
    expect(ctx.store.networks.get("podman")).toMatchObject({
      interfaceName: "pw1",
      subnets: [{ subnet: "10.89.0.0/24" }],
    });
    expect(ask("", "127.0.0.1", 8080)).toStartWith("moved ");
    await down("moved", moved);
    sh("ip link del pw0");
  });

  test("another firewall that drops what is forwarded is named", async () => {
    sh(
      "nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'; ip link del pw1",
    );
    const blocked = await up("blocked");
    expect(ctx.warnings.at(-1)).toContain("table ip filter, chain FORWARD");
    await down("blocked", blocked);
    sh("nft delete table ip filter");
  });

  test("attach and detach are quick", async () => {
    const times: number[][] = [[], []];
    for (let i = 0; i < 20; i++) {
      pins.pin(pinDir(`q${i}`), ["net"], {});
      const request = {
        owner: `q${i}`,
        ownerName: "q",
        netnsPath: `${pinDir(`q${i}`)}/net`,
        attachments: [{ name: "" }],
        ports: [port(8300 + i)],
      };
      const start = performance.now();
      const known = await network.attach(request);
      const middle = performance.now();
      await network.detach(`q${i}`, known);
      times[0]?.push(middle - start);
      times[1]?.push(performance.now() - middle);
      pins.unpin(pinDir(`q${i}`));
    }
    const [attach = 0, detach = 0] = times.map((list) => Math.min(...list));
    console.log(`attach with a port ${attach.toFixed(2)} ms, detach ${detach.toFixed(2)} ms`);
    expect(attach).toBeLessThan(50);
  });

  test("lowerAllNetworks() leaves nothing", async () => {
    await lowerAllNetworks(ctx);
    expect(sh("nft list tables; ip -o link show type bridge")).toBe("");
  });
});
