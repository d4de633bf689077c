/** Published ports of an ordinary user: every way in, seen from both ends, whatever pasta is installed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execute, host, openEngine } from "./engine.ts";
import { theUser } from "./user.ts";
import { waitFor } from "./waiting.ts";

const user = theUser();
const engine = openEngine();
const { ok, pw } = engine;

/** The host's, and an outside client's. */
const HOST = { 4: "192.0.2.2", 6: "2001:db8:2::2" } as const;
const FAR = { 4: "198.51.100.9", 6: "2001:db8:51::9" } as const;
const OUTSIDE = ["ip", "netns", "exec", "far"] as const;
const HERE = [] as const;

interface Helper {
  readonly kind: "forwarder" | "pasta";
  readonly pid: number;
}

/** The user's processes that serve the network; zombies aside. */
async function processes(): Promise<Helper[]> {
  const lines = (await host("ps", "-u", user.name, "-o", "pid=,stat=,args=")).split("\n");
  return lines.flatMap((line): Helper[] => {
    const [pid, stat = "Z"] = line.trim().split(/\s+/);
    if (stat.startsWith("Z")) return [];
    if (line.includes(" internal forward ")) return [{ kind: "forwarder", pid: Number(pid) }];
    return /\bpasta\b/.test(line) ? [{ kind: "pasta", pid: Number(pid) }] : [];
  });
}

/** Undefined where a newer pasta needs none. */
async function forwarder(): Promise<number | undefined> {
  return (await processes()).find(({ kind }) => kind === "forwarder")?.pid;
}

/** Sends a word by TCP or UDP and prints what comes back. */
const CLIENT = `
  const [protocol, hostname, port] = process.argv.slice(1);
  setTimeout(() => process.exit(), 6000);
  const data = (_, bytes) => { process.stdout.write(bytes); process.exit(); };
  const socket = { data, error() {}, close: () => process.exit(), connectError: () => process.exit() };
  const to = { hostname, port: Number(port) };
  if (protocol === "tcp") await Bun.connect({ ...to, socket }).catch(() => process.exit());
  else (await Bun.udpSocket({ connect: to, hostname: hostname.includes(":") ? "::" : "0.0.0.0", socket })).send("hello");
`;

interface Destination {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
}

/** What a server answers; "" for none. */
async function ask(who: readonly string[], { protocol, address, port }: Destination): Promise<string> {
  const argv = [process.execPath, "-e", CLIENT, protocol, address, String(port)];
  return (await execute([...who, "timeout", "10", ...argv])).stdout.trim();
}

function tcp(address: string, port: number): Destination {
  return { protocol: "tcp", address, port };
}

function udp(address: string, port: number): Destination {
  return { protocol: "udp", address, port };
}

/** The interface with the host's addresses. */
let uplink = "";
const servers: Bun.Subprocess[] = [];

/** Says to each client what address it has, by TCP and UDP, IPv4 and IPv6. */
const SERVER = `
  const port = Number(process.argv[1]);
  for (const host of ["0.0.0.0", "::"]) {
    const tcp = (await import("node:net")).createServer((socket) => void socket.end(socket.remoteAddress));
    await new Promise((resolve) => tcp.listen({ port, host, ipv6Only: true }, resolve));
    const type = host === "::" ? "udp6" : "udp4";
    const udp = (await import("node:dgram")).createSocket({ type, ipv6Only: true });
    udp.on("message", (_, from) => udp.send(from.address, from.port, from.address));
    await new Promise((resolve) => udp.bind(port, host, resolve));
  }
  console.log("ready");
`;

/** In a container's network namespace. */
async function serve(container: string, port: number): Promise<void> {
  const pid = await ok("inspect", "-f", "{{.State.Pid}}", container);
  const argv = ["nsenter", "-t", pid, "-n", process.execPath, "-e", SERVER, String(port)];
  const server = Bun.spawn(argv, { stdout: "pipe", stderr: "inherit" });
  servers.push(server);
  await server.stdout.getReader().read();
}

async function run(name: string, ...flags: readonly string[]): Promise<string> {
  return await ok("run", "-d", "--name", name, ...flags, "busybox", "sleep", "1000");
}

beforeAll(async () => {
  await ok("pull", "-q", "busybox");
  uplink = / dev (\S+)/.exec(await host("ip", "route", "show", "default"))?.[1] ?? "";
  await host(
    "sh",
    "-ec",
    `
    ip netns add far
    ip link add near type veth peer name away
    ip link set away netns far
    ip address add 198.51.100.2/24 dev near
    ip address add 2001:db8:51::2/64 dev near nodad
    ip link set near up
    ip -6 address add ${HOST[6]}/64 dev ${uplink} nodad
    ip -6 route add default via 2001:db8:2::1
    ip -n far link set lo up
    ip -n far address add ${FAR[4]}/24 dev away
    ip -n far address add ${FAR[6]}/64 dev away nodad
    ip -n far link set away up
    ip -n far route add default via 198.51.100.2
    ip -n far -6 route add default via 2001:db8:51::2
  `,
  );
});

afterAll(async () => {
  for (const server of servers) server.kill(9);
  await pw("rm", "-f", "-t", "0", "-a");
  await host(
    "sh",
    "-c",
    `ip netns del far; ip link del near; ip -6 route del default; ip -6 address del ${HOST[6]}/64 dev ${uplink}; true`,
  );
});

describe("a container with remapped ports", () => {
  beforeAll(async () => {
    await run("web", "-p", "18080:80", "-p", "18053:80/udp");
    await serve("web", 80);
  });
  afterAll(async () => {
    await ok("rm", "-f", "-t", "0", "web");
  });

  test("is reached from outside, and sees the client's own address", async () => {
    for (const family of [4, 6] as const) {
      for (const to of [tcp(HOST[family], 18_080), udp(HOST[family], 18_053)]) {
        expect([to, await ask(OUTSIDE, to)]).toEqual([to, FAR[family]]);
      }
    }
  });

  test("is reached from the host, by its addresses and by loopback", async () => {
    for (const address of ["127.0.0.1", "::1", HOST[4], HOST[6]]) {
      for (const to of [tcp(address, 18_080), udp(address, 18_053)]) {
        expect([to, await ask(HERE, to)]).toEqual([to, expect.stringMatching(/./)]);
      }
    }
  });

  test("what nobody serves is refused, not left waiting", async () => {
    const started = performance.now();
    await run("idle", "-p", "18090:9");
    const asked = performance.now();
    expect(await ask(OUTSIDE, tcp(HOST[4], 18_090))).toBe("");
    expect(performance.now() - asked).toBeLessThan(4_000);
    expect(asked - started).toBeGreaterThan(0);
    await ok("rm", "-f", "-t", "0", "idle");
  });
});

test("a container on a bridge sees the client's own address, too", async () => {
  await ok("network", "create", "--ipv6", "spanned");
  await run("bridged", "--network", "spanned", "-p", "18080:80", "-p", "18053:80/udp");
  await serve("bridged", 80);
  for (const family of [4, 6] as const) {
    const loopback = family === 4 ? "127.0.0.1" : "::1";
    for (const make of [
      (address: string) => tcp(address, 18_080),
      (address: string) => udp(address, 18_053),
    ]) {
      const to = make(HOST[family]);
      expect([to, await ask(OUTSIDE, to)]).toEqual([to, FAR[family]]);
      expect([to, await ask(HERE, to)]).toEqual([to, HOST[family]]);
      expect([loopback, await ask(HERE, make(loopback))]).toEqual([loopback, expect.stringMatching(/./)]);
    }
  }
  await ok("rm", "-f", "-t", "0", "bridged");
  await ok("network", "rm", "spanned");
  expect(await processes()).toEqual([]);
});

test("ranges, and two sandboxes side by side with one port inside", async () => {
  await run("one", "-p", "18100-18102:80-82", "-p", "127.0.0.1:18110:80");
  await run("two", "-p", "18103:80");
  await serve("one", 80);
  await serve("one", 82);
  await serve("two", 80);
  for (const port of [18_100, 18_102, 18_103]) {
    expect([port, await ask(OUTSIDE, tcp(HOST[4], port))]).toEqual([port, FAR[4]]);
  }
  // A newer pasta shows the host's address.
  expect(["127.0.0.1", HOST[4]]).toContain(await ask(HERE, tcp("127.0.0.1", 18_110)));
  expect(await ask(OUTSIDE, tcp(HOST[4], 18_110))).toBe("");
  await ok("rm", "-f", "-t", "0", "one", "two");
});

test("ports of a running pod change, and connections through others go on", async () => {
  await ok("pod", "create", "--name", "changing", "-p", "18150:80");
  await run("member", "--pod", "changing");
  await serve("member", 80);
  const hasForwarder = (await forwarder()) !== undefined;
  const changed = await pw("pod", "update", "--publish", "18151:80", "--unpublish", "18150:80", "changing");
  if (hasForwarder) {
    expect(changed.code).toBe(0);
    expect(await ask(OUTSIDE, tcp(HOST[4], 18_151))).toBe(FAR[4]);
    expect(await ask(OUTSIDE, tcp(HOST[4], 18_150))).toBe("");
    using _free = Bun.listen({ hostname: "0.0.0.0", port: 18_150, socket: { data() {} } });
  } else {
    expect(changed.stderr).toMatch(/published ports of pod changing cannot change while it runs/);
  }
  await ok("pod", "rm", "-f", "-t", "0", "changing");
  expect(await processes()).toEqual([]);
});

test("a port that is taken, or root's, is refused by name, and nothing stays", async () => {
  await run("first", "-p", "18120:80");
  const taken = await pw("run", "--rm", "-p", "18120:80", "busybox", "true");
  expect(taken.stderr).toMatch(/cannot publish port 18120\/tcp: address already in use/);
  const low = await pw("run", "--rm", "-p", "81:80/udp", "busybox", "true");
  expect(low.stderr).toMatch(/cannot publish port 81\/udp: permission denied/);
  await ok("rm", "-f", "-t", "0", "first");
  expect(await processes()).toEqual([]);
});

test("killed at any moment: nothing is left, and the port is free again", async () => {
  for (const pause of [5, 20, 40, 60, 90]) {
    const start = Bun.spawn(
      [...engine.argv, "run", "--rm", "--name", "cut", "-p", "18130:80", "busybox", "sleep", "9"],
      {
        stdout: "ignore",
        stderr: "ignore",
      },
    );
    await Bun.sleep(pause);
    start.kill("SIGKILL");
    await start.exited;
    await ok("rm", "-f", "-t", "0", "-a");
    await waitFor("their end", async () => (await processes()).length === 0 || undefined);
    using _free = Bun.listen({ hostname: "0.0.0.0", port: 18_130, socket: { data() {} } });
  }
});

test("a killed forwarder frees its ports, and a new start serves them", async () => {
  await run("cut", "-p", "18140:80");
  const served = await forwarder();
  if (served !== undefined) {
    process.kill(served, "SIGKILL");
    await waitFor("its end", async () => (await forwarder()) === undefined || undefined);
    expect(await ok("exec", "cut", "id", "-u")).toBe("0");
  }
  await ok("restart", "-t", "0", "cut");
  await serve("cut", 80);
  expect(await ask(OUTSIDE, tcp(HOST[4], 18_140))).toBe(FAR[4]);
  await ok("rm", "-f", "-t", "0", "cut");
  expect(await processes()).toEqual([]);
});
