import { expect, test } from "bun:test";
import { assert, integer, nat, property } from "fast-check";
import { formatSubnet, parseIp, parseSubnet } from "../base/ip.ts";
import {
  containsAddress,
  freeSubnet,
  leaseCandidates,
  localSubnet6,
  subnetWithGateway,
  takenSubnets,
} from "./subnets.ts";

const subnet = (text: string) => {
  const parsed = parseSubnet(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

test("freeSubnet() gives the first of the pool that nothing overlaps", () => {
  expect(formatSubnet(freeSubnet([]))).toBe("10.89.0.0/24");
  expect(formatSubnet(freeSubnet([subnet("10.89.0.0/24"), subnet("10.89.1.128/25")]))).toBe("10.89.2.0/24");
  expect(formatSubnet(freeSubnet([subnet("10.88.0.0/15")]))).toBe("10.90.0.0/24");
});

test("freeSubnet() lives beside a route that covers the whole pool", () => {
  expect(formatSubnet(freeSubnet([subnet("10.0.0.0/8"), subnet("10.89.0.0/24")]))).toBe("10.89.1.0/24");
});

test("takenSubnets() leaves out default routes and the network's own bridge", () => {
  const routes = [
    { destination: "0.0.0.0/0", interfaceName: "eth0", direct: false },
    { destination: "10.88.0.0/16", interfaceName: "pw0", direct: true },
    { destination: "192.168.1.0/24", interfaceName: "eth0", direct: true },
  ];
  expect(takenSubnets([], routes, "pw0").map(formatSubnet)).toEqual(["192.168.1.0/24"]);
  expect(takenSubnets([], routes, "pw1")).toHaveLength(2);
});

test("leaseCandidates() never gives network, broadcast or gateway, and gives every other address once", () => {
  const config = { subnet: "10.89.0.0/29", gateway: "10.89.0.3" };
  const all = (turn: number) => [...leaseCandidates(config, turn)];
  expect(all(0)).toEqual(["10.89.0.1", "10.89.0.2", "10.89.0.4", "10.89.0.5", "10.89.0.6"]);
  expect(all(3)).toEqual(["10.89.0.5", "10.89.0.6", "10.89.0.1", "10.89.0.2", "10.89.0.4"]);
  assert(
    property(nat(), integer({ min: 20, max: 32 }), (turn, prefix) => {
      const made = subnetWithGateway(subnet(`10.89.0.0/${prefix}`), false);
      const given = [...leaseCandidates(made, turn)];
      expect(new Set(given).size).toBe(given.length);
      expect(given).not.toContain(made.gateway);
      for (const text of given.slice(0, 5)) {
        const address = parseIp(text);
        expect(address !== undefined && containsAddress(made, address)).toBe(true);
      }
    }),
  );
});

test("leaseCandidates() keeps to a lease range", () => {
  const config = {
    subnet: "10.89.0.0/24",
    gateway: "10.89.0.1",
    leaseRange: { start: "10.89.0.10", end: "10.89.0.11" },
  };
  expect([...leaseCandidates(config, 5)]).toEqual(["10.89.0.11", "10.89.0.10"]);
});

test("localSubnet6() is a unique local /64", () => {
  const made = subnetWithGateway(localSubnet6("ab".repeat(32)), true);
  expect(made).toEqual({ subnet: "fdab:abab:abab:abab::/64", gateway: "fdab:abab:abab:abab::1" });
});
