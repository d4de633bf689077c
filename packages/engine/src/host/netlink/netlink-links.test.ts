import { beforeAll, expect, test } from "bun:test";
import { inOwnNamespaces, sh, succeeds } from "../../../testing/kernel.ts";
import { NetlinkLinks } from "./netlink-links.ts";

interface Shown {
  ifname: string;
  flags: string[];
  mtu: number;
  address: string;
  ifalias?: string;
  addr_info?: { local: string; prefixlen: number }[];
  linkinfo?: { info_kind?: string; info_slave_data?: { hairpin: boolean } };
}
const show = (command: string): Shown[] => JSON.parse(sh(command)) as Shown[];

inOwnNamespaces(import.meta.path, () => {
  const links = new NetlinkLinks();
  const bridge = { name: "pw0", alias: "podwright aaaa", addresses: ["10.88.0.1/16", "fd12::1/64"] };

  beforeAll(() => {
    // A network namespace of our own needs a place of its own for named ones, too.
    sh("mount -t tmpfs t /run/netns 2>/dev/null || { mkdir -p /run/netns && mount -t tmpfs t /run/netns; }");
    sh("ip link set lo up");
  });

  test("ensureBridge() makes the bridge once, with addresses, alias and route_localnet", () => {
    expect(links.hasLink("pw0")).toBe(false);
    links.ensureBridge(bridge);
    links.ensureBridge(bridge);
    const [shown] = show("ip -d -j addr show pw0");
    expect(shown?.linkinfo?.info_kind).toBe("bridge");
    expect(shown?.flags).toContain("UP");
    expect(shown?.addr_info?.map((a) => `${a.local}/${a.prefixlen}`)).toEqual(
      expect.arrayContaining(bridge.addresses),
    );
    expect(links.aliasOf("pw0")).toBe("podwright aaaa");
    expect(links.aliasOf("nosuch")).toBeUndefined();
    expect(sh("cat /proc/sys/net/ipv4/conf/pw0/route_localnet")).toBe("1\n");
  });

  test("ensureBridge() puts back an address that somebody removed, and refuses a link that is no bridge", () => {
    sh("ip addr del 10.88.0.1/16 dev pw0");
    links.ensureBridge(bridge);
    expect(sh("ip -4 addr show pw0")).toContain("10.88.0.1/16");
    sh("ip link add dummy9 type veth peer name dummy8; ip link set dummy8 up");
    expect(() => links.ensureBridge({ ...bridge, name: "dummy9" })).toThrow(
      "link dummy9 is there and is no bridge",
    );
  });

  const pair = {
    hostName: "pwtest1",
    bridge: "pw0",
    netnsPath: "/run/netns/a",
    containerName: "eth0",
    mac: "02:00:0a:58:00:02",
    addresses: ["10.88.0.2/16", "fd12::2/64"],
    gateways: ["10.88.0.1", "fd12::1"],
    metric: 100,
    routes: [],
    mtu: 1400,
  };

  test("addPair() gives the sandbox a configured interface that reaches the bridge and back", () => {
    sh("ip netns add a");
    links.addPair(pair);
    const [port] = show("ip -d -j link show pwtest1");
    expect(port?.linkinfo?.info_slave_data?.hairpin).toBe(true);
    expect(port?.mtu).toBe(1400);
    const [inside] = show("ip -n a -j addr show eth0");
    expect(inside?.address).toBe(pair.mac);
    expect(inside?.addr_info?.map((a) => `${a.local}/${a.prefixlen}`)).toEqual(
      expect.arrayContaining(pair.addresses),
    );
    expect(sh("ip -n a route show default")).toContain("via 10.88.0.1 dev eth0");
    expect(sh("ip -n a -6 route show default")).toContain("via fd12::1 dev eth0");
    sh(
      "ip netns exec a ping -c1 -W2 10.88.0.1 || ip netns exec a bash -c 'echo >/dev/tcp/10.88.0.1/1' 2>&1 | grep refused || true",
    );
    expect(sh("ip neigh show dev pw0; ip -n a neigh show dev eth0")).toContain("lladdr");
  });

  test("addPair() says why it fails and leaves no link behind", () => {
    sh("ip netns add b");
    const again = { ...pair, hostName: "pwtest2", netnsPath: "/run/netns/a" };
    expect(() => links.addPair(again)).toThrow(
      /cannot create link pwtest2 with eth0 in the sandbox: .*EEXIST/,
    );
    const badGateway = { ...pair, hostName: "pwtest3", netnsPath: "/run/netns/b", gateways: ["192.0.2.1"] };
    expect(() => links.addPair(badGateway)).toThrow("Nexthop has invalid gateway (ENETUNREACH)");
    expect(() => links.addPair({ ...pair, bridge: "nosuch" })).toThrow("no link nosuch");
    expect(succeeds("ip link show pwtest2 || ip link show pwtest3")).toBe(false);
  });

  test("removeLink() is content with a link that is gone", () => {
    links.removeLink("pwtest1");
    links.removeLink("pwtest1");
    expect(links.hasLink("pwtest1")).toBe(false);
  });

  test("routes() and hostAddresses() show what the host has", () => {
    sh(
      "ip addr add 192.168.77.5/24 dev dummy9; ip link set dummy9 up; ip route add 10.200.0.0/16 via 192.168.77.1",
    );
    const routes = links.routes();
    expect(routes).toContainEqual({ destination: "192.168.77.0/24", interfaceName: "dummy9", direct: true });
    expect(routes).toContainEqual({ destination: "10.200.0.0/16", interfaceName: "dummy9", direct: false });
    const addresses = links.hostAddresses();
    expect(addresses).toContainEqual({ address: "192.168.77.5", interfaceName: "dummy9" });
    expect(addresses.some(({ address }) => address.startsWith("127."))).toBe(false);
  });

  test("a pair takes about two milliseconds", () => {
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      sh(`ip netns add t${i}`);
      const start = performance.now();
      links.addPair({
        ...pair,
        hostName: `pwt${i}`,
        netnsPath: `/run/netns/t${i}`,
        addresses: [`10.88.1.${i}/16`],
        gateways: ["10.88.0.1"],
      });
      times.push(performance.now() - start);
      sh(`ip netns del t${i}`);
    }
    const best = Math.min(...times);
    console.log(`veth pair, configured: ${best.toFixed(2)} ms at best`);
    expect(best).toBeLessThan(20);
  });
});
