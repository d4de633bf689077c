import { beforeEach, expect, test } from "bun:test";
import { inOwnNamespaces, sh } from "../../../testing/kernel.ts";
import { NETLINK, NetlinkSocket } from "../sys/netlink.ts";
import { AF } from "../sys/socket.ts";
import { deleteByFilter, deleteOneByOne, flushFlows, type FlowFilter } from "./conntrack.ts";

inOwnNamespaces(import.meta.path, () => {
  const setUp = `mkdir -p /run/netns; mount -t tmpfs t /run/netns
    ip link set lo up; ip netns add a; ip link add v0 type veth peer name eth0 netns a
    ip addr add 10.9.0.1/24 dev v0; ip link set v0 up
    ip -n a addr add 10.9.0.2/24 dev eth0; ip -n a addr add 10.9.0.3/24 dev eth0; ip -n a link set eth0 up
    nft 'add table ip t; add chain ip t o { type filter hook output priority 0; }; add rule ip t o ct state new counter'`;
  sh(setUp);
  const socket = new NetlinkSocket(NETLINK.NETFILTER);
  const flows = (): string[] =>
    sh("cat /proc/net/nf_conntrack 2>/dev/null || true")
      .split("\n")
      .filter((line) => line.includes("udp"));
  const makeFlows = (): void => {
    sh("for a in 2 3; do for p in 53 54; do echo x > /dev/udp/10.9.0.$a/$p; done; done");
  };
  const readable = sh("test -r /proc/net/nf_conntrack && echo yes || echo no") === "yes\n";
  const methods: [string, (filter: FlowFilter) => void][] = [
    ["by filter", (filter) => void deleteByFilter(socket, AF.INET, filter)],
    ["one by one", (filter) => deleteOneByOne(socket, AF.INET, filter)],
    ["as the kernel can", (filter) => flushFlows(socket, filter)],
  ];
  // What a test that failed left behind is not the next one's fault.
  beforeEach(() => {
    for (const to of ["10.9.0.2", "10.9.0.3"]) deleteOneByOne(socket, AF.INET, { to });
  });

  for (const [name, flush] of methods) {
    test.skipIf(!readable)(`flows to an address go, others stay: ${name}`, () => {
      makeFlows();
      expect(flows()).toHaveLength(4);
      flush({ to: "10.9.0.2" });
      expect(flows().filter((flow) => flow.includes("dst=10.9.0.2 "))).toEqual([]);
      expect(flows()).toHaveLength(2);
      flush({ to: "10.9.0.3" });
    });

    test.skipIf(!readable)(`UDP flows to a port go, others stay: ${name}`, () => {
      makeFlows();
      flush({ udpPort: 53, length: 1 });
      // With the blank: the port that the kernel chose for the sender may begin with the same digits.
      expect(flows().filter((flow) => flow.includes("dport=53 "))).toEqual([]);
      expect(flows()).toHaveLength(2);
      flush({ udpPort: 54, length: 1 });
      expect(flows()).toHaveLength(0);
    });
  }

  test.skipIf(!readable)("a long range of UDP ports goes in one go", () => {
    makeFlows();
    flushFlows(socket, { udpPort: 54, length: 10_000 });
    expect(flows()).toHaveLength(2);
    flushFlows(socket, { udpPort: 50, length: 8 });
    expect(flows()).toHaveLength(0);
  });

  test("nothing to flush is no error", () => {
    flushFlows(socket, { to: "192.0.2.1" });
    flushFlows(socket, { to: "2001:db8::1" });
    flushFlows(socket, { udpPort: 9, length: 1 });
  });
});
