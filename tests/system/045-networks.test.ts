/** Networks by name: who finds whom by which name, what connects and disconnects live, and that nothing stays. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { execute, host, openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { fetchPage, serverUp } from "./neighbours.ts";
import { freePort, waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
const NAMES = `${engine.runRoot}/names`;
let before: HostState;

beforeAll(async () => {
  await warmUp(engine, "nginx");
  await ok("network", "create", "--subnet", "10.71.0.0/24", "red");
  await ok("network", "create", "--subnet", "10.72.0.0/24", "blue");
  // Their bridges, and their locks, stay with them.
  for (const name of ["red", "blue"]) await ok("run", "--rm", "--network", name, "busybox", "true");
  before = await hostState(engine);
});

afterAll(async () => {
  await pw("rm", "-f", "-t", "0", "-a");
  await pw("network", "rm", "-f", "-t", "0", "red", "blue");
  await expectCleanEnd(engine, before);
  expect(await bridges()).toEqual(["pw0"]);
});

/** Whatever a test did, no name server outlives the last container. */
afterEach(async () => {
  await pw("pod", "rm", "-f", "-t", "0", "-a");
  await pw("rm", "-f", "-t", "0", "-a");
  expect(existsSync(NAMES)).toBe(false);
  await expectAsBefore(engine, before);
});

async function bridges(): Promise<string[]> {
  const all = JSON.parse(await host("ip", "-j", "link", "show", "type", "bridge")) as { ifname?: string }[];
  return all.flatMap(({ ifname }) => ifname ?? []).filter((name) => /^pw\d+$/.test(name));
}

function run(name: string, ...options: readonly string[]): Promise<string> {
  return ok("run", "-d", "--name", name, ...options, "nginx");
}

/** The address that a container gives for a name, by its C library; "" for none. */
async function lookUp(container: string, name: string): Promise<string> {
  const { stdout } = await pw("exec", container, "getent", "ahostsv4", name);
  return stdout.split(/\s/, 1)[0] ?? "";
}

async function addressOf(container: string, network: string): Promise<string> {
  return ok("inspect", "-f", `{{.NetworkSettings.Networks.${network}.IPAddress}}`, container);
}

function inside(container: string, ...argv: readonly string[]): Promise<string> {
  return ok("exec", container, ...argv);
}

function addressesIn(container: string): Promise<string> {
  return pidOf(container).then((pid) => host("nsenter", "-t", pid, "-n", "ip", "-br", "-4", "addr"));
}

function pidOf(container: string): Promise<string> {
  return ok("inspect", "-f", "{{.State.Pid}}", container);
}

function serverPid(): number {
  return Number(readFileSync(`${NAMES}/zones/aardvark.pid`, "utf8"));
}

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
    const [zone = ""] = readdirSync(`${NAMES}/zones`).filter((name) => name !== "aardvark.pid");
    expect(readFileSync(`${NAMES}/zones/${zone}`, "utf8")).toMatch(/ c,[0-9a-f]{12} 192\.0\.2\.53\n/);
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
    expect(existsSync(NAMES)).toBe(false);
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
    expect(performance.now() - start).toBeLessThan(3_000);
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
    const shown = await addressesIn("both");
    expect(shown).toMatch(/eth0@\S+ +UP +10\.71\.0\.50\/24/);
    expect(shown).toMatch(/second@\S+ +UP +10\.72\.0\.\d+\/24/);
    const pid = await pidOf("both");
    expect(await host("nsenter", "-t", pid, "-n", "ip", "link", "show", "eth0")).toContain(
      "02:00:00:00:00:50",
    );
    expect(await host("nsenter", "-t", pid, "-n", "ip", "route", "show", "default")).toMatch(
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

  test("IPv6: names, links and published ports", async () => {
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
    const routes = await host("nsenter", "-t", await pidOf("c"), "-n", "ip", "route");
    expect(routes.match(/^default.*/gm)).toEqual(["default via 10.75.0.1 dev eth1 proto static metric 55 "]);
    expect(routes).toContain("10.200.0.0/16 via 10.75.0.9 dev eth1 proto static metric 42");
    await ok("network", "rm", "-f", "-t", "0", "routed", "nowhere");
  });
});

describe("connect and disconnect", () => {
  test("at once in a container that runs, while its other connections go on", async () => {
    const port = freePort();
    await run("web", "--network", "red", "-p", `${port}:80`);
    await ok(
      "run",
      "-d",
      "--name",
      "echo",
      "--network",
      "red",
      "busybox",
      "nc",
      "-ll",
      "-p",
      "9000",
      "-e",
      "cat",
    );
    await run("blue1", "--network", "blue");
    using talk = await conversation(await addressOf("echo", "red"), 9000);
    expect(await talk.say("one")).toBe("one");
    await ok("network", "connect", "--alias", "echo-blue", "--ip", "10.72.0.99", "blue", "echo");
    expect(await talk.say("two")).toBe("two");
    expect(await lookUp("blue1", "echo-blue")).toBe("10.72.0.99");
    expect(await lookUp("blue1", "echo")).toBe("10.72.0.99");
    expect(await addressesIn("echo")).toMatch(/eth1@\S+ +UP +10\.72\.0\.99\/24/);
    expect(await inside("echo", "cat", "/etc/hosts")).toMatch(/^10\.72\.0\.99\t\S+ echo$/m);
    expect(await inside("echo", "cat", "/etc/resolv.conf")).toContain("nameserver 10.72.0.1");
    expect(await ok("ps", "--format", "{{.Networks}}", "--filter", "name=echo")).toBe("blue,red");
    await ok("network", "disconnect", "blue", "echo");
    expect(await talk.say("three")).toBe("three");
    expect(await lookUp("blue1", "echo")).toBe("");
    expect(await addressesIn("echo")).not.toContain("eth1");
    expect(await inside("echo", "cat", "/etc/hosts")).not.toContain("10.72.0.99");
    expect(await inside("echo", "cat", "/etc/resolv.conf")).toBe("search dns.podman\nnameserver 10.71.0.1");

    await serverUp(fetchPage("127.0.0.1", port));
    await ok("network", "connect", "blue", "web");
    await ok("network", "disconnect", "red", "web");
    expect((await execute(fetchPage("127.0.0.1", port))).stdout).toContain("Welcome to nginx!");
    await ok("network", "disconnect", "blue", "web");
    expect((await execute(fetchPage("127.0.0.1", port))).code).not.toBe(0);
    await ok("network", "connect", "red", "web");
    expect((await execute(fetchPage("127.0.0.1", port))).stdout).toContain("Welcome to nginx!");
  });

  test("from the next start in one that does not run; names of links stay", async () => {
    await ok("create", "--name", "later", "--network", "red", "nginx");
    await ok("network", "connect", "--alias", "soon", "blue", "later");
    await ok("network", "connect", "blue", "later");
    await ok("network", "disconnect", "red", "later");
    expect(await ok("inspect", "-f", "{{len .NetworkSettings.Networks}}", "later")).toBe("1");
    await ok("start", "later");
    await run("blue1", "--network", "blue");
    expect(await addressesIn("later")).toMatch(/^eth1@\S+ +UP +10\.72\./m);
    expect(await addressesIn("later")).not.toContain("eth0");
    expect(await lookUp("blue1", "soon")).toBe(await addressOf("later", "blue"));
    await ok("restart", "-t", "0", "later");
    expect(await lookUp("blue1", "soon")).toBe(await addressOf("later", "blue"));
    await ok("network", "disconnect", "blue", "later");
    await ok("restart", "-t", "0", "later");
    expect(await addressesIn("later")).not.toContain("eth");
  });

  test("what cannot be is refused with Podman's words", async () => {
    const id = await run("web", "--network", "red");
    await ok("run", "-d", "--name", "bare", "--network", "host", "busybox", "sleep", "100");
    await ok("pod", "create", "--name", "p");
    await ok("create", "--pod", "p", "--name", "member", "busybox");
    const infra = await ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "p");
    const refusal = async (...args: readonly string[]): Promise<string> => {
      const { code, stderr } = await pw("network", ...args);
      return `${code} ${stderr.trim()}`;
    };
    expect(await refusal("connect", "red", "web")).toBe(
      `125 Error: container ${id} is already connected to network red: network is already connected`,
    );
    expect(await refusal("connect", "nosuch", "web")).toBe(
      "125 Error: unable to find network with name or ID nosuch: network not found",
    );
    expect(await refusal("connect", "red", "nosuch")).toBe(
      '125 Error: no container with name or ID "nosuch" found: no such container',
    );
    expect(await refusal("connect", "red", "bare")).toBe(
      '125 Error: "host" is not supported: invalid network mode',
    );
    expect(await refusal("connect", "red", "member")).toBe(
      `125 Error: "container:${infra}" is not supported: invalid network mode`,
    );
    expect(await refusal("disconnect", "blue", "web")).toBe(
      "125 Error: container web is not connected to network blue",
    );
    expect(await refusal("connect", "--ip", "10.99.0.1", "blue", "web")).toContain(
      "requested static ip 10.99.0.1 not in any subnet on network blue",
    );
    expect(await addressesIn("web")).not.toContain("eth1");
  });

  test("a pod's networks are those of its infra container", async () => {
    await ok("pod", "create", "--name", "p", "--network", "red");
    await ok("run", "-d", "--pod", "p", "--name", "m", "nginx");
    await run("blue1", "--network", "blue");
    const infra = await ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "p");
    await ok("network", "connect", "blue", infra);
    expect(await inside("blue1", "curl", "-sS", "http://p/")).toContain("Welcome to nginx!");
    await ok("pod", "restart", "p");
    expect(await lookUp("blue1", "m")).toBe(await addressOf(infra, "blue"));
    await ok("network", "disconnect", "blue", infra);
    expect(await lookUp("blue1", "m")).toBe("");
  });
});

test("macvlan: two containers on one link of the host", async () => {
  await host("ip", "link", "add", "uplink0", "type", "veth", "peer", "name", "uplink1");
  for (const name of ["uplink0", "uplink1"]) await host("ip", "link", "set", name, "up");
  await ok("network", "create", "-d", "macvlan", "-o", "parent=uplink0", "--subnet", "10.77.0.0/24", "lan");
  await run("a", "--network", "lan", "--ip", "10.77.0.20");
  await run("b", "--network", "lan");
  expect(
    await inside("b", "curl", "-sS", "--retry", "5", "--retry-connrefused", "http://10.77.0.20/"),
  ).toContain("Welcome to nginx!");
  expect(await host("nsenter", "-t", await pidOf("a"), "-n", "ip", "-d", "link", "show", "eth0")).toContain(
    "macvlan mode bridge",
  );
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

describe("kill -9", () => {
  test("of the name server: the next container brings it back for all, and so does reload", async () => {
    await run("a", "--network", "red");
    await run("x", "--network", "blue");
    process.kill(serverPid(), "SIGKILL");
    await run("b", "--network", "red");
    await run("y", "--network", "blue");
    expect(await lookUp("a", "b")).toBe(await addressOf("b", "red"));
    expect(await lookUp("y", "x")).toBe(await addressOf("x", "blue"));
    process.kill(serverPid(), "SIGKILL");
    await ok("network", "reload", "a");
    expect(await lookUp("y", "x")).toBe(await addressOf("x", "blue"));
    // Dead when the last one leaves.
    process.kill(serverPid(), "SIGKILL");
  });

  test("of the engine at any moment of a start: the next command heals, and names are right", async () => {
    await run("anchor", "--network", "red");
    for (const delay of [5, 15, 25, 35, 45, 60, 80, 110]) {
      await killedAfter(delay, [
        "run",
        "-d",
        "--name",
        "victim",
        "--network",
        "red",
        "--network-alias",
        "v",
        "nginx",
      ]);
      await pw("rm", "-f", "-t", "0", "victim");
      expect(await lookUp("anchor", "v")).toBe("");
    }
    await run("victim", "--network", "red", "--network-alias", "v");
    expect(await lookUp("anchor", "v")).toBe(await addressOf("victim", "red"));
  });

  test("of the engine in connect and disconnect: the same command again ends it", async () => {
    await run("web", "--network", "red");
    await run("peer", "--network", "blue");
    for (const delay of [5, 15, 20, 25, 30, 40, 60]) {
      await killedAfter(delay, ["network", "connect", "--alias", "w", "blue", "web"]);
      await pw("network", "connect", "--alias", "w", "blue", "web");
      expect(await lookUp("peer", "w")).toBe(await addressOf("web", "blue"));
      await killedAfter(delay, ["network", "disconnect", "blue", "web"]);
      await pw("network", "disconnect", "blue", "web");
      expect(await lookUp("peer", "w")).toBe("");
      expect(await addressesIn("web")).not.toContain("10.72.");
    }
  });
});

test("another name server on the gateway's port is named", async () => {
  const foreign = Bun.spawn(
    [process.execPath, "-e", 'await Bun.udpSocket({ port: 53, hostname: "0.0.0.0" }); console.log(1)'],
    {
      stdout: "pipe",
    },
  );
  await foreign.stdout.getReader().read();
  const { code, stderr } = await pw("run", "--rm", "--network", "red", "nginx", "true");
  foreign.kill(9);
  await foreign.exited;
  expect(code).toBe(126);
  expect(stderr).toMatch(
    /cannot serve names on network red: 10\.71\.0\.1:53 is in use by \S+ \(process \d+\)/,
  );
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

async function killedAfter(delay: number, args: readonly string[]): Promise<void> {
  const child = Bun.spawn([...engine.argv, ...args], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  await Bun.sleep(delay);
  child.kill(9);
  await child.exited;
}

/** One TCP connection that is kept; the other side sends back what it gets. */
async function conversation(address: string, port: number) {
  let heard = "";
  const socket = await waitFor("the echo server", () =>
    Bun.connect({
      hostname: address,
      port,
      socket: {
        data: (_socket, data) => {
          heard += data.toString();
        },
      },
    }).catch(() => undefined),
  );
  return {
    say: async (text: string): Promise<string> => {
      heard = "";
      socket.write(text);
      return waitFor("an echo", () => Promise.resolve(heard === "" ? undefined : heard));
    },
    [Symbol.dispose]: () => void socket.end(),
  };
}
