import { beforeAll, expect, test } from "bun:test";
import type { PortMapping } from "@podwright/spec/engine-api/common";
import { isEngineError } from "@podwright/spec/errors/engine-error";
import { inOwnNamespaces, sh, succeeds } from "../../../testing/kernel.ts";
import { elementCommands, portElements } from "./elements.ts";
import { blockingForwardChain } from "./foreign-forward.ts";
import { NftFirewall } from "./nft-firewall.ts";
import { LibNftables, NftProgram, type NftRunner } from "./nft-runner.ts";

function port(hostPort: number, change: Partial<PortMapping> = {}): PortMapping {
  return { hostIp: "", hostPort, containerPort: 80, length: 1, protocol: "tcp", ...change };
}

test("portElements() expands ranges and chooses the map by host address and family", () => {
  const addresses = ["10.88.0.2", "fd00::2"];
  const ids = (p: PortMapping) =>
    portElements({ ports: [p], addresses }).map((e) => `${e.map} ${e.key} : ${e.value}`);
  expect(ids(port(8080, { length: 2, containerPort: 90 }))).toEqual([
    "any4 tcp . 8080 : 10.88.0.2 . 90",
    "any4 tcp . 8081 : 10.88.0.2 . 91",
    "any6 tcp . 8080 : fd00::2 . 90",
    "any6 tcp . 8081 : fd00::2 . 91",
  ]);
  expect(ids(port(53, { hostIp: "127.0.0.1", protocol: "udp" }))).toEqual([
    "pub4 udp . 127.0.0.1 . 53 : 10.88.0.2 . 80",
  ]);
  expect(ids(port(53, { hostIp: "0.0.0.0" }))).toEqual(["any4 tcp . 53 : 10.88.0.2 . 80"]);
  expect(() => portElements({ ports: [port(1, { hostIp: "::1" })], addresses: ["10.88.0.2"] })).toThrow(
    "cannot publish port 1/tcp on ::1: the network has no address of that family",
  );
});

test("elementCommands() writes one command per map", () => {
  const elements = portElements({ ports: [port(1), port(2)], addresses: ["10.88.0.2"] });
  expect(elementCommands("delete", "t", elements)).toBe("delete element inet t any4 { tcp . 1, tcp . 2 }");
});

test("blockingForwardChain() names the chain of another firewall that drops, and only such a one", () => {
  const chain = (family: string, policy: string) =>
    `table ${family} filter {\n\tchain FORWARD {\n\t\ttype filter hook forward priority filter; policy ${policy};\n\t}\n}\n`;
  expect(blockingForwardChain(chain("ip", "accept") + chain("ip", "drop"))).toBe(
    "table ip filter, chain FORWARD",
  );
  expect(blockingForwardChain(chain("bridge", "drop") + chain("ip6", "drop"))).toBeUndefined();
});

function suite(name: string, open?: () => NftRunner): void {
  const table = `podwright_${name}`;
  const firewall = new NftFirewall(name, open);
  const network = { bridge: "pw0", subnets: ["10.88.0.0/16"], internal: false, isolate: "off" as const };
  const addresses = ["10.88.0.2"];
  /** What nft shows, one "key : value" each. */
  const map = (which: string): string[] =>
    sh(`nft list map inet ${table} ${which}`).match(/(tcp|udp) [\w. ]+ : [\d.]+ \. \d+/g) ?? [];

  test(`${name}: ensureNetwork() makes the table once and can be repeated`, async () => {
    await firewall.ensureNetwork(network);
    await firewall.ensureNetwork(network);
    const rules = sh(`nft list chain inet ${table} postrouting`).match(/masquerade/g);
    expect(rules).toHaveLength(6);
    expect(sh(`nft list set inet ${table} nets4`)).toContain("10.88.0.0/16");
    expect(sh("cat /proc/sys/net/ipv4/ip_forward")).toBe("1\n");
  });

  test(`${name}: a second network beside the first; ranges that touch stay apart`, async () => {
    const second = { ...network, bridge: "pw1", subnets: ["10.89.0.0/24"], isolate: "strict" as const };
    const third = { ...network, bridge: "pw2", subnets: ["10.89.1.0/24", "fd11::/64"], internal: true };
    await firewall.ensureNetwork(second);
    await firewall.ensureNetwork(third);
    await firewall.removeNetwork(second);
    await firewall.removeNetwork(second);
    const table_ = sh(`nft list table inet ${table}`);
    expect(table_).toContain("10.89.1.0/24");
    expect(table_).not.toContain("10.89.0.0/24");
    expect(sh(`nft list set inet ${table} internal`)).toContain('"pw2"');
    await firewall.removeNetwork(third);
  });

  test(`${name}: publish() is all or nothing, and says which port and who has it`, async () => {
    await firewall.publish({
      ports: [port(8080), port(5353, { protocol: "udp", hostIp: "127.0.0.1" })],
      addresses,
    });
    const error = await firewall.publish({ ports: [port(8079), port(8080)], addresses: ["10.88.0.9"] }).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(isEngineError(error, "PORT_IN_USE")).toBe(true);
    expect(error).toMatchObject({
      message: "cannot publish port 8080/tcp: address already in use",
      details: { hostPort: 8080, protocol: "tcp", target: "10.88.0.2" },
    });
    expect(map("any4")).toEqual(["tcp . 8080 : 10.88.0.2 . 80"]);
    expect(map("pub4")).toEqual(["udp . 127.0.0.1 . 5353 : 10.88.0.2 . 80"]);
  });

  test(`${name}: any address and a given one exclude each other, as in bind(2)`, async () => {
    const other = ["10.88.0.9"];
    const given = firewall.publish({ ports: [port(8080, { hostIp: "192.0.2.1" })], addresses: other });
    expect(given).rejects.toThrow("cannot publish port 8080/tcp: address already in use");
    const wide = firewall.publish({ ports: [port(5353, { protocol: "udp" })], addresses: other });
    expect(wide).rejects.toThrow("cannot publish port 5353/udp: address already in use");
    await firewall.publish({
      ports: [port(5353, { protocol: "udp", hostIp: "127.0.0.2" })],
      addresses: other,
    });
    await firewall.unpublish({
      ports: [port(5353, { protocol: "udp", hostIp: "127.0.0.2" })],
      addresses: other,
    });
  });

  test(`${name}: publish() again of what is ours completes it`, async () => {
    await firewall.publish({ ports: [port(8080), port(8090)], addresses });
    expect(map("any4").length).toBe(2);
  });

  test(`${name}: unpublish() takes only what is ours, and may be repeated`, async () => {
    await firewall.unpublish({ ports: [port(8080), port(7000)], addresses: ["10.88.0.9"] });
    expect(map("any4").length).toBe(2);
    const all = [port(8080), port(8090), port(7000), port(5353, { protocol: "udp", hostIp: "127.0.0.1" })];
    await firewall.unpublish({ ports: all, addresses });
    await firewall.unpublish({ ports: all, addresses });
    expect([map("any4").length, map("pub4").length]).toEqual([0, 0]);
  });

  test(`${name}: a range of a thousand ports`, async () => {
    const ports = [port(20_000, { length: 1000 })];
    await firewall.publish({ ports, addresses });
    expect(map("any4").length).toBe(1000);
    expect(firewall.publish({ ports: [port(20_999)], addresses: ["10.88.0.9"] })).rejects.toThrow(
      "20999/tcp",
    );
    await firewall.unpublish({ ports: [port(20_500)], addresses });
    await firewall.unpublish({ ports, addresses });
    expect(map("any4").length).toBe(0);
  });

  test(`${name}: withdraw() finds all that leads to an address`, async () => {
    const ports = [port(80), port(80), port(81, { hostIp: "127.0.0.1" }), port(82, { protocol: "udp" })];
    await firewall.publish({ ports, addresses });
    await firewall.publish({ ports: [port(83)], addresses: ["10.88.0.9"] });
    await firewall.withdraw(addresses);
    expect([map("any4"), map("pub4")]).toEqual([["tcp . 83 : 10.88.0.9 . 80"], []]);
    await firewall.withdraw(["10.88.0.9"]);
    await firewall.withdraw(["10.88.0.9"]);
    expect(map("any4")).toEqual([]);
  });

  test(`${name}: another firewall's drop is seen`, async () => {
    expect(await firewall.forwardBlockedBy()).toBeUndefined();
    sh(
      "nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'",
    );
    expect(await firewall.forwardBlockedBy()).toBe("table ip filter, chain FORWARD");
    sh("nft delete table ip filter");
  });

  test(`${name}: a table that somebody flushed away comes back; destroy() leaves nothing`, async () => {
    sh("nft flush ruleset");
    await firewall.ensureNetwork(network);
    expect(succeeds(`nft list chain inet ${table} postrouting`)).toBe(true);
    await firewall.destroy();
    await firewall.destroy();
    expect(sh("nft list tables")).not.toContain(table);
  });
}

inOwnNamespaces(import.meta.path, () => {
  beforeAll(() => {
    sh("ip link set lo up");
  });
  if (LibNftables.open() === undefined) test.skip("libnftables.so.1 is not installed", () => {});
  else
    suite("library", () => {
      const library = LibNftables.open();
      if (library === undefined) throw new Error("libnftables went away");
      return library;
    });
  suite("program", () => new NftProgram());
  suite("kernel");

  test("what is written by messages is what nft shows: each map, a thousand ports, both families", async () => {
    const firewall = new NftFirewall("bytes");
    const network = { bridge: "pw0", subnets: ["10.88.0.0/16", "fd00::/64"], internal: false };
    await firewall.ensureNetwork({ ...network, isolate: "off" });
    const request = {
      ports: [
        port(20_000, { length: 1_000, containerPort: 1_000 }),
        port(53, { protocol: "udp", hostIp: "127.0.0.1", containerPort: 5_353 }),
        port(443, { protocol: "sctp", hostIp: "::1", containerPort: 8_443 }),
      ],
      addresses: ["10.88.0.2", "fd00::2"],
    };
    await firewall.publish(request);
    const shown = (map: string): string => sh(`nft list map inet podwright_bytes ${map}`);
    expect(shown("any4").match(/tcp . \d+ : 10\.88\.0\.2 . \d+/g)).toHaveLength(1_000);
    expect(shown("any4")).toContain("tcp . 20999 : 10.88.0.2 . 1999");
    expect(shown("any6")).toContain("tcp . 20000 : fd00::2 . 1000");
    expect(shown("pub4")).toContain("udp . 127.0.0.1 . 53 : 10.88.0.2 . 5353");
    expect(shown("pub6")).toContain("sctp . ::1 . 443 : fd00::2 . 8443");
    await firewall.unpublish(request);
    for (const map of ["any4", "any6", "pub4", "pub6"]) expect(shown(map)).not.toContain(" : 10.88");
    await firewall.destroy();
  });

  test("eight first commands at once make one table", async () => {
    const script = `import {NftFirewall} from "${import.meta.dir}/nft-firewall.ts";
      await new NftFirewall("race").ensureNetwork({bridge:"pw"+process.argv[1], subnets:["10.7."+process.argv[1]+".0/24"], internal:false, isolate:"off"})`;
    const children = Array.from({ length: 8 }, (_, i) =>
      Bun.spawn([process.execPath, "-e", script, String(i)], { stderr: "inherit" }),
    );
    expect(await Promise.all(children.map((child) => child.exited))).toEqual(Array(8).fill(0));
    expect(sh("nft list chain inet podwright_race postrouting").match(/masquerade/g)).toHaveLength(6);
    expect(sh("nft list set inet podwright_race nets4").match(/10\.7\.\d\.0/g)).toHaveLength(8);
  });

  test("publishing costs the same with ten thousand ports published", async () => {
    const firewall = new NftFirewall("speed");
    await firewall.ensureNetwork({
      bridge: "pw0",
      subnets: ["10.88.0.0/16"],
      internal: false,
      isolate: "off",
    });
    const measure = async (): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 20; i++) {
        const request = { ports: [port(100 + i)], addresses: ["10.88.0.2"] };
        const start = performance.now();
        await firewall.publish(request);
        await firewall.unpublish(request);
        times.push((performance.now() - start) / 2);
      }
      return Math.min(...times);
    };
    const empty = await measure();
    await firewall.publish({ ports: [port(20_000, { length: 10_000 })], addresses: ["10.88.0.3"] });
    const full = await measure();
    const start = performance.now();
    for (let i = 0; i < 100; i++) {
      await firewall.ensureNetwork({
        bridge: "pw0",
        subnets: ["10.88.0.0/16"],
        internal: false,
        isolate: "off",
      });
    }
    const ensured = (performance.now() - start) / 100;
    console.log(
      `publish or unpublish: ${empty.toFixed(2)} ms, with 10,000 ports ${full.toFixed(2)} ms; ensureNetwork() ${ensured.toFixed(3)} ms`,
    );
    expect(full).toBeLessThan(empty * 5 + 1);
    await firewall.destroy();
  });
});
