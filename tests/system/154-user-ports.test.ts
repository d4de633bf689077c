/** Published ports of an ordinary user: every way in, seen from both ends, whatever pasta is installed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { execute, host, openEngine } from "./engine.ts";
import { USER } from "./user.ts";
import { waitFor } from "./waiting.ts";

if (USER === undefined) throw new Error("this suite is one of the user's pass");
const user = USER;
const engine = openEngine();
const { ok, pw } = engine;

/** The host's, and an outside client's. */
const HOST = { 4: "192.0.2.2", 6: "2001:db8:2::2" } as const;
const FAR = { 4: "198.51.100.9", 6: "2001:db8:51::9" } as const;
const OUTSIDE = ["ip", "netns", "exec", "far"] as const;
const HERE = [] as const;

/** Command names of the user's processes that serve the network; zombies aside. */
async function helpers(): Promise<string[]> {
  const lines = (await host("ps", "-u", user.name, "-o", "stat=,args=")).split("\n");
  const live = lines.filter((line) => !/^\s*Z/.test(line));
  return live.flatMap((line) =>
    /internal forward/.test(line) ? ["forward"] : /\bpasta\b/.test(line) ? ["pasta"] : [],
  );
}

function bracket(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** What a server answers; "" for none. */
async function ask(who: readonly string[], to: string): Promise<string> {
  const talk = to.startsWith("UDP")
    ? `echo hello | socat -T 1 - ${to}`
    : `socat -T 1 -u ${to},connect-timeout=2 -`;
  return (await execute([...who, "timeout", "4", "sh", "-c", talk])).stdout.trim();
}

const servers: Bun.Subprocess[] = [];

/** In a container's network namespace: answers with the client's address. */
async function serve(container: string, port: number): Promise<void> {
  const pid = await ok("inspect", "-f", "{{.State.Pid}}", container);
  const inside = ["nsenter", "-t", pid, "-n"];
  for (const listen of [
    `TCP4-LISTEN:${port},fork,reuseaddr`,
    `TCP6-LISTEN:${port},fork,reuseaddr,ipv6only=1`,
    `UDP4-RECVFROM:${port},fork`,
    `UDP6-RECVFROM:${port},fork,ipv6only=1`,
  ]) {
    servers.push(
      Bun.spawn([...inside, "socat", listen, "SYSTEM:echo $SOCAT_PEERADDR"], { stderr: "ignore" }),
    );
  }
  await waitFor("the servers", async () => {
    const { stdout } = await execute([...inside, "ss", "-Hlntu"]);
    return stdout.split("\n").filter((line) => line.includes(`:${port} `)).length >= 4 || undefined;
  });
}

async function run(name: string, ...flags: readonly string[]): Promise<string> {
  return await ok("run", "-d", "--name", name, ...flags, "busybox", "sleep", "1000");
}

beforeAll(async () => {
  await ok("pull", "-q", "busybox");
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
    ip -6 address add ${HOST[6]}/64 dev uplink nodad
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
    `ip netns del far; ip link del near; ip -6 route del default; ip -6 address del ${HOST[6]}/64 dev uplink; true`,
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
      const at = bracket(HOST[family]);
      for (const to of [`TCP${family}:${at}:18080`, `UDP${family}:${at}:18053`]) {
        expect([to, await ask(OUTSIDE, to)]).toEqual([to, bracketed(FAR[family])]);
      }
    }
  });

  test("is reached from the host, by its addresses and by loopback", async () => {
    for (const to of ["127.0.0.1", "[::1]", HOST[4], bracket(HOST[6])]) {
      const family = to.startsWith("[") ? 6 : 4;
      expect([to, await ask(HERE, `TCP${family}:${to}:18080`)]).toEqual([to, expect.stringMatching(/./)]);
      expect([to, await ask(HERE, `UDP${family}:${to}:18053`)]).toEqual([to, expect.stringMatching(/./)]);
    }
  });

  test("what nobody serves is refused, not left waiting", async () => {
    const started = performance.now();
    await run("idle", "-p", "18090:9");
    const asked = performance.now();
    expect(await ask(OUTSIDE, `TCP4:${HOST[4]}:18090`)).toBe("");
    expect(performance.now() - asked).toBeLessThan(1_500);
    expect(asked - started).toBeGreaterThan(0);
    await ok("rm", "-f", "-t", "0", "idle");
  });
});

/** socat writes IPv6 peers so. */
function bracketed(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const groups = head.split(":").map((group) => group.padStart(4, "0"));
  const end = tail.split(":").map((group) => group.padStart(4, "0"));
  const zeros = Array.from({ length: 8 - groups.length - end.length }, () => "0000");
  return `[${[...groups, ...zeros, ...end].join(":")}]`;
}

test("a container on a bridge sees the client's own address, too", async () => {
  await ok("network", "create", "--ipv6", "spanned");
  await run("bridged", "--network", "spanned", "-p", "18080:80", "-p", "18053:80/udp");
  await serve("bridged", 80);
  for (const family of [4, 6] as const) {
    const at = bracket(HOST[family]);
    for (const to of [`TCP${family}:${at}:18080`, `UDP${family}:${at}:18053`]) {
      expect([to, await ask(OUTSIDE, to)]).toEqual([to, bracketed(FAR[family])]);
      expect([to, await ask(HERE, to)]).toEqual([to, bracketed(HOST[family])]);
    }
  }
  for (const to of ["TCP4:127.0.0.1:18080", "TCP6:[::1]:18080", "UDP4:127.0.0.1:18053", "UDP6:[::1]:18053"]) {
    expect([to, await ask(HERE, to)]).toEqual([to, expect.stringMatching(/./)]);
  }
  await ok("rm", "-f", "-t", "0", "bridged");
  await ok("network", "rm", "spanned");
  expect(await helpers()).toEqual([]);
});

test("ranges, and two sandboxes side by side with one port inside", async () => {
  await run("one", "-p", "18100-18102:80-82", "-p", "127.0.0.1:18110:80");
  await run("two", "-p", "18103:80");
  await serve("one", 80);
  await serve("one", 82);
  await serve("two", 80);
  for (const port of [18_100, 18_102, 18_103]) {
    expect([port, await ask(OUTSIDE, `TCP4:${HOST[4]}:${port}`)]).toEqual([port, FAR[4]]);
  }
  expect(await ask(HERE, "TCP4:127.0.0.1:18110")).toBe("127.0.0.1");
  expect(await ask(OUTSIDE, `TCP4:${HOST[4]}:18110`)).toBe("");
  await ok("rm", "-f", "-t", "0", "one", "two");
});

test("ports of a running pod change, and connections through others go on", async () => {
  await ok("pod", "create", "--name", "changing", "-p", "18150:80");
  const id = await run("member", "--pod", "changing");
  expect(id).not.toBe("");
  await serve("member", 80);
  const note = `${engine.runRoot}/sandboxes/${await ok("pod", "inspect", "-f", "{{.ID}}", "changing")}/forwarder.pid`;
  const changed = await pw("pod", "update", "--publish", "18151:80", "--unpublish", "18150:80", "changing");
  if (existsSync(note)) {
    expect(changed.code).toBe(0);
    expect(await ask(OUTSIDE, `TCP4:${HOST[4]}:18151`)).toBe(FAR[4]);
    expect(await ask(OUTSIDE, `TCP4:${HOST[4]}:18150`)).toBe("");
    using _free = Bun.listen({ hostname: "0.0.0.0", port: 18_150, socket: { data() {} } });
  } else {
    expect(changed.stderr).toMatch(/published ports of changing cannot change while it runs/);
  }
  await ok("pod", "rm", "-f", "-t", "0", "changing");
  expect(await helpers()).toEqual([]);
});

test("a port that is taken, or root's, is refused by name, and nothing stays", async () => {
  await run("first", "-p", "18120:80");
  const taken = await pw("run", "--rm", "-p", "18120:80", "busybox", "true");
  expect(taken.stderr).toMatch(/cannot publish port 18120\/tcp: address already in use/);
  const low = await pw("run", "--rm", "-p", "81:80/udp", "busybox", "true");
  expect(low.stderr).toMatch(/cannot publish port 81\/udp: permission denied/);
  await ok("rm", "-f", "-t", "0", "first");
  expect(await helpers()).toEqual([]);
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
    await waitFor("their end", async () => (await helpers()).length === 0 || undefined);
    using _free = Bun.listen({ hostname: "0.0.0.0", port: 18_130, socket: { data() {} } });
  }
});

test("a killed forwarder frees its ports, and a new start serves them", async () => {
  const id = await run("cut", "-p", "18140:80");
  const note = `${engine.runRoot}/sandboxes/${id}/forwarder.pid`;
  // A newer pasta needs none.
  if (existsSync(note)) {
    process.kill(Number(readFileSync(note, "utf8")), "SIGKILL");
    await waitFor("its end", async () => !(await helpers()).includes("forward") || undefined);
    expect(await ok("exec", "cut", "id", "-u")).toBe("0");
  }
  await ok("restart", "-t", "0", "cut");
  await serve("cut", 80);
  expect(await ask(OUTSIDE, `TCP4:${HOST[4]}:18140`)).toBe(FAR[4]);
  await ok("rm", "-f", "-t", "0", "cut");
  expect(await helpers()).toEqual([]);
});
