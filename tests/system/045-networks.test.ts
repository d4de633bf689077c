/** Networks by name: who finds whom by which name, over which links, and that nothing stays. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { execute, host, openEngine } from "./engine.ts";
import { fetchPage, serverUp } from "./neighbours.ts";
import { type Networks, openNetworks } from "./networks.ts";
import { freePort } from "./waiting.ts";
import { rootOnly } from "./user.ts";

const engine = openEngine();
const { ok, pw } = engine;
let networks: Networks;
let names: Networks["names"];
let run: Networks["run"];
let lookUp: Networks["lookUp"];
let addressOf: Networks["addressOf"];
let inside: Networks["inside"];
let ip: Networks["ip"];

beforeAll(async () => {
  networks = await openNetworks(engine);
  ({ names, run, lookUp, addressOf, inside, ip } = networks);
});
afterEach(() => networks.afterTest());
afterAll(() => networks.end());

describe("names", () => {
  test("resolve within a network and not across: name, short id, hostname, aliases", async () => {
    const id = await run("web", "--network", "red", "--hostname", "webhost", "--network-alias", "www,Shop");
    await run("client", "--network", "red");
    await run("stranger", "--network", "blue");
    const address = await addressOf("web", "red");
    for (const name of ["web", id.slice(0, 12), "webhost", "www", "shop", "web.dns.podman"]) {
      expect(`${name} ${await lookUp("client", name)}`).toBe(`${name} ${address}`);
      expect(await lookUp("stranger", name)).toBe("");
    }
    expect(await lookUp("client", "stranger")).toBe("");
    expect(await inside("client", "curl", "-sS", "http://web/")).toContain("Welcome to nginx!");
    // Reverse: the container's name first.
    const reverse = await pw("run", "--rm", "--network", "red", "busybox", "nslookup", address);
    expect(reverse.stdout).toMatch(/name = web$/m);
    expect(await inside("client", "cat", "/etc/resolv.conf")).toBe("search dns.podman\nnameserver 10.71.0.1");
    expect(await ok("inspect", "-f", "{{.NetworkSettings.Networks.red.Aliases}}", "web")).toBe(
      `[www Shop ${id.slice(0, 12)} webhost]`,
    );
  });

  test("resolve before the container's own process starts", async () => {
    for (let i = 0; i < 5; i += 1) {
      // Exit status 6 would be: could not resolve; 7 is: nobody listens on that port.
      const { code } = await pw(
        "run",
        "--rm",
        "--network",
        "red",
        "--name",
        "self",
        "nginx",
        "curl",
        "-s",
        "http://self:1/",
      );
      expect(code).toBe(7);
    }
  });

  test("--dns is asked for what the network does not know; --dns-search replaces the network's domain", async () => {
    await run("c", "--network", "red", "--dns", "192.0.2.53", "--dns-search", "example.com");
    expect(await inside("c", "cat", "/etc/resolv.conf")).toBe("search example.com\nnameserver 10.71.0.1");
    const [zone = ""] = readdirSync(`${names}/zones`).filter((name) => name !== "aardvark.pid");
    expect(readFileSync(`${names}/zones/${zone}`, "utf8")).toMatch(/ c,[0-9a-f]{12} 192\.0\.2\.53\n/);
  });

  test("the default network and one with --disable-dns have none", async () => {
    await ok("network", "create", "--disable-dns", "mute");
    await run("a", "--network", "mute");
    await run("b", "--network", "mute");
    await run("c");
    expect(await lookUp("a", "b")).toBe("");
    for (const name of ["a", "c"]) {
      expect(await inside(name, "cat", "/etc/resolv.conf")).not.toContain("dns.podman");
    }
    expect(existsSync(names)).toBe(false);
    await ok("network", "rm", "-f", "-t", "0", "mute");
    await ok("rm", "-f", "-t", "0", "c");
  });

  test("a pod is known by its name, its infra's, its members' and its aliases", async () => {
    const id = await ok("pod", "create", "--name", "shop", "--network", "red", "--network-alias", "store");
    await ok("run", "-d", "--pod", "shop", "--name", "front", "nginx");
    await run("client", "--network", "red");
    const infra = await ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "shop");
    const address = await addressOf(infra, "red");
    const late = await ok("run", "-d", "--pod", "shop", "--name", "late", "busybox", "sleep", "100");
    for (const name of [
      "shop",
      id.slice(0, 12),
      infra.slice(0, 12),
      "store",
      "front",
      "late",
      late.slice(0, 12),
    ]) {
      expect(`${name} ${await lookUp("client", name)}`).toBe(`${name} ${address}`);
    }
    expect(await inside("client", "curl", "-sS", "http://front/")).toContain("Welcome to nginx!");
    expect(await lookUp("front", "client")).toBe(await addressOf("client", "red"));
    await ok("rm", "-f", "-t", "0", "late");
    expect(await lookUp("client", "late")).toBe("");
    expect(await lookUp("client", "front")).toBe(address);
  });

  test("an internal network's stay inside, and other questions are refused at once", async () => {
    await ok("network", "create", "--internal", "--subnet", "10.73.0.0/24", "vault");
    await run("a", "--network", "vault");
    await run("b", "--network", "vault");
    expect(await inside("b", "curl", "-sS", "http://a/")).toContain("Welcome to nginx!");
    const start = performance.now();
    expect(await lookUp("a", "www.example.com")).toBe("");
    expect(performance.now() - start).toBeLessThan(4_500);
    await ok("network", "rm", "-f", "-t", "0", "vault");
  });

  test("an internal network alone publishes no port", async () => {
    await ok("network", "create", "--internal", "--subnet", "10.73.0.0/24", "vault");
    expect((await pw("run", "--rm", "--network", "vault", "-p", "80", "nginx", "true")).stderr).toContain(
      "none of its networks is a bridge that leads out",
    );
    await ok("network", "rm", "-f", "-t", "0", "vault");
  });
});

describe("several networks", () => {
  test("links, addresses, and the first one's default route", async () => {
    const options = [
      "--network",
      "red:ip=10.71.0.50,mac=02:00:00:00:00:50,alias=r",
      "--network",
      "blue:interface_name=second,alias=b",
    ];
    await run("both", ...options);
    await run("red1", "--network", "red");
    await run("blue1", "--network", "blue");
    const shown = await ip("both", "-br", "-4", "addr");
    expect(shown).toMatch(/eth0@\S+ +UP +10\.71\.0\.50\/24/);
    expect(shown).toMatch(/second@\S+ +UP +10\.72\.0\.\d+\/24/);
    expect(await ip("both", "link", "show", "eth0")).toContain("02:00:00:00:00:50");
    expect(await ip("both", "route", "show", "default")).toMatch(
      /^default via 10\.71\.0\.1 dev eth0 .*metric 100 \ndefault via 10\.72\.0\.1 dev second .*metric 101/,
    );
    expect(await lookUp("red1", "r")).toBe("10.71.0.50");
    expect(await lookUp("red1", "b")).toBe("");
    expect(await lookUp("blue1", "b")).toStartWith("10.72.0.");
    expect(await lookUp("both", "red1")).toStartWith("10.71.0.");
    expect(await lookUp("both", "blue1")).toStartWith("10.72.0.");
    const hosts = await inside("both", "cat", "/etc/hosts");
    expect(hosts).toMatch(/^10\.71\.0\.50\t\S+ both$/m);
    expect(hosts).toMatch(/^10\.72\.0\.\d+\t\S+ both$/m);
    expect(await ok("ps", "--format", "{{.Networks}}", "--filter", "name=both")).toBe("blue,red");
  });

  test("what cannot be is refused with Podman's words", async () => {
    await run("first", "--network", "red:ip=10.71.0.60");
    const refusal = async (...options: readonly string[]): Promise<string> => {
      const { code, stderr } = await pw("run", "--rm", ...options, "nginx", "true");
      return `${code} ${stderr.split("\n", 1)[0]}`;
    };
    const { stdout: id } = await pw("inspect", "-f", "{{.Id}}", "first");
    expect(await refusal("--network", "red", "--ip", "10.71.0.60")).toBe(
      `126 Error: IPAM error: requested ip address 10.71.0.60 is already allocated to container ID ${id.trim()}`,
    );
    expect(await refusal("--network", "red", "--ip", "10.99.0.1")).toBe(
      "126 Error: requested static ip 10.99.0.1 not in any subnet on network red",
    );
    expect(await refusal("--network", "nosuch")).toBe(
      "125 Error: unable to find network with name or ID nosuch: network not found",
    );
    expect(await refusal("--network", "red", "--network", "blue", "--ip", "10.71.0.61")).toBe(
      "125 Error: --ip can only be set for a single network: invalid argument",
    );
    expect(await refusal("--network", "host", "--network-alias", "x")).toBe(
      "125 Error: --network-alias can only be set when the network mode is bridge: invalid argument",
    );
    expect(await refusal("--network", "red", "--network-alias", "a b")).toContain(
      'invalid network alias "a b"',
    );
    expect(
      await refusal("--network", "red:interface_name=x", "--network", "blue:interface_name=x"),
    ).toContain("interface name x is given to two networks");
  });

  const seen = rootOnly("it asks addresses on a bridge from the host, which does not see a user's bridges");
  seen.test("IPv6: names, links and published ports", async () => {
    await ok("network", "create", "--ipv6", "--subnet", "10.74.0.0/24", "--subnet", "fd74::/64", "six");
    const port = freePort();
    const options = ["--network", "six", "--ip6", "fd74::77", "-p", `${port}:80`];
    await ok("run", "-d", "--name", "web", ...options, "busybox", "httpd", "-f", "-p", "[::]:80");
    await run("client", "--network", "six");
    expect(await inside("client", "getent", "ahostsv6", "web")).toContain("fd74::77");
    const answer = await inside(
      "client",
      "curl",
      "-sS",
      "-6",
      "--retry",
      "5",
      "--retry-connrefused",
      "http://web/",
    );
    expect(answer).toContain("404 Not Found");
    expect(await inside("client", "cat", "/etc/resolv.conf")).toContain("nameserver fd74::1");
    expect(await serverUp(fetchPage("[fd74::1]", port))).toContain("404 Not Found");
    expect(await serverUp(fetchPage("127.0.0.1", port))).toContain("404 Not Found");
    await ok("network", "rm", "-f", "-t", "0", "six");
  });

  test("--route, metric and no_default_route reach the container", async () => {
    await ok(
      "network",
      "create",
      "--subnet",
      "10.75.0.0/24",
      "--route",
      "10.200.0.0/16,10.75.0.9,42",
      "-o",
      "metric=55",
      "routed",
    );
    await ok("network", "create", "--subnet", "10.76.0.0/24", "-o", "no_default_route=1", "nowhere");
    await run("c", "--network", "nowhere", "--network", "routed");
    const routes = await ip("c", "route");
    expect(routes.match(/^default.*/gm)).toEqual(["default via 10.75.0.1 dev eth1 proto static metric 55 "]);
    expect(routes).toContain("10.200.0.0/16 via 10.75.0.9 dev eth1 proto static metric 42");
    await ok("network", "rm", "-f", "-t", "0", "routed", "nowhere");
  });
});

const macvlan = rootOnly("macvlan links share one of the host's");
macvlan.test("macvlan: two containers on one link of the host", async () => {
  await host("ip", "link", "add", "uplink0", "type", "veth", "peer", "name", "uplink1");
  for (const name of ["uplink0", "uplink1"]) await host("ip", "link", "set", name, "up");
  await ok("network", "create", "-d", "macvlan", "-o", "parent=uplink0", "--subnet", "10.77.0.0/24", "lan");
  await run("a", "--network", "lan", "--ip", "10.77.0.20");
  await run("b", "--network", "lan");
  expect(
    await inside("b", "curl", "-sS", "--retry", "5", "--retry-connrefused", "http://10.77.0.20/"),
  ).toContain("Welcome to nginx!");
  expect(await ip("a", "-d", "link", "show", "eth0")).toContain("macvlan mode bridge");
  expect((await pw("run", "--rm", "--network", "lan", "-p", "80", "nginx", "true")).stderr).toContain(
    "is a bridge",
  );
  await ok("network", "rm", "-f", "-t", "0", "lan");
  expect((await execute(["ip", "link", "show", "uplink0"])).code).toBe(0);
  await host("ip", "link", "delete", "uplink0");
});

test("isolated networks do not see one another", async () => {
  for (const name of ["iso1", "iso2"]) await ok("network", "create", "-o", "isolate=true", name);
  await run("a", "--network", "iso1");
  await run("b", "--network", "iso2");
  await run("c", "--network", "red");
  const address = await addressOf("a", "iso1");
  expect((await pw("exec", "b", "curl", "-sS", "-m", "1", `http://${address}/`)).code).not.toBe(0);
  expect((await pw("exec", "c", "curl", "-sS", "-m", "3", `http://${address}/`)).code).toBe(0);
  await ok("network", "rm", "-f", "-t", "0", "iso1", "iso2");
});

test("ls, inspect and update show what a network is", async () => {
  await ok(
    "network",
    "create",
    "--subnet",
    "10.78.0.0/24",
    "--ip-range",
    "10.78.0.128/25",
    "--dns",
    "192.0.2.1",
    "--label",
    "k=v",
    "shown",
  );
  expect(await engine.json("network", "inspect", "shown")).toMatchObject([
    {
      driver: "bridge",
      subnets: [
        {
          subnet: "10.78.0.0/24",
          gateway: "10.78.0.1",
          lease_range: { start_ip: "10.78.0.129", end_ip: "10.78.0.255" },
        },
      ],
      dns_enabled: true,
      network_dns_servers: ["192.0.2.1"],
      labels: { k: "v" },
    },
  ]);
  expect(await ok("network", "update", "--dns-add", "192.0.2.2", "--dns-drop", "192.0.2.1", "shown")).toBe(
    "shown",
  );
  expect(await ok("network", "inspect", "-f", "{{.NetworkDNSServers}} {{.DNSEnabled}}", "shown")).toBe(
    "[192.0.2.2] true",
  );
  expect(await ok("network", "ls", "-q", "--filter", "label=k=v", "--filter", "driver=bridge")).toBe("shown");
  await ok("run", "-d", "--name", "c", "--network", "shown", "nginx");
  expect(await addressOf("c", "shown")).toBe("10.78.0.129");
  await ok("network", "rm", "-f", "-t", "0", "shown");
});
