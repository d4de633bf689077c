/** Published ports: who reaches them, by which address, over which protocol, and who does not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execute, openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { fetchPage, type Neighbour, plugInNeighbour, serverUp, serveUdp, udpClient } from "./neighbours.ts";
import { freePort } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
const WELCOME = "Welcome to nginx!";
let before: HostState;
let neighbour: Neighbour;

beforeAll(async () => {
  neighbour = await plugInNeighbour();
  before = await warmUp(engine, "nginx");
});

afterAll(async () => {
  await expectCleanEnd(engine, before);
  await neighbour[Symbol.asyncDispose]();
});

async function statusOf(...argv: readonly string[]): Promise<number> {
  return (await execute(argv)).code;
}

function pidOf(container: string): Promise<string> {
  return ok("inspect", "-f", "{{.State.Pid}}", container);
}

describe("a port published on any address", () => {
  const tcp = freePort();
  const udp = freePort();
  let udpServer: Disposable;

  beforeAll(async () => {
    await ok("pod", "create", "--name", "any", "-p", `${tcp}:80`, "-p", `${udp}:5353/udp`);
    await ok("run", "-d", "--pod", "any", "--name", "any-web", "nginx");
    udpServer = await serveUdp(await pidOf("any-web"), 5353);
    await serverUp(fetchPage("127.0.0.1", tcp));
  });

  afterAll(async () => {
    udpServer[Symbol.dispose]();
    await ok("pod", "rm", "-f", "-t", "0", "any");
    expect(await statusOf(...fetchPage("127.0.0.1", tcp))).not.toBe(0);
    await expectAsBefore(engine, before);
  });

  test("from this machine by 127.0.0.1 and by its own address", async () => {
    for (const address of ["127.0.0.1", "127.0.0.5", neighbour.hostAddress]) {
      expect((await execute(fetchPage(address, tcp))).stdout).toContain(WELCOME);
      expect((await execute(udpClient(address, udp))).stdout).toContain("udp hello");
    }
  });

  test("from another machine, whose address the server sees", async () => {
    const { hostAddress, address } = neighbour;
    expect((await neighbour.run(...fetchPage(hostAddress, tcp))).stdout).toContain(WELCOME);
    expect((await neighbour.run(...udpClient(hostAddress, udp))).stdout.trim()).toBe(
      `udp hello from ${address}`,
    );
  });

  test("from the pod itself by the host's address, and from another pod", async () => {
    const pid = await pidOf("any-web");
    const inPod = (argv: readonly string[]) => execute(["nsenter", "-t", pid, "-n", ...argv]);
    expect((await inPod(fetchPage(neighbour.hostAddress, tcp))).stdout).toContain(WELCOME);
    expect((await inPod(udpClient(neighbour.hostAddress, udp))).stdout).toContain("udp hello");
    const client = await pw("run", "--rm", "nginx", ...fetchPage(neighbour.hostAddress, tcp));
    expect(client.stdout).toContain(WELCOME);
  });

  test("a UDP flow goes to the new pod after the old one has gone", async () => {
    const port = freePort();
    const ask = () => execute(udpClient("127.0.0.1", port));
    for (const name of ["one", "two"]) {
      await ok("run", "-d", "--name", name, "-p", `${port}:5353/udp`, "nginx");
      using server = await serveUdp(await pidOf(name), 5353);
      expect(server).toBeDefined();
      expect((await ask()).stdout).toContain("udp hello");
      await ok("rm", "-f", "-t", "0", name);
      expect((await ask()).code).not.toBe(0);
    }
  });

  test("port, ps and inspect show it", async () => {
    expect((await ok("port", "any-web")).split("\n").sort()).toEqual(
      [`5353/udp -> 0.0.0.0:${udp}`, `80/tcp -> 0.0.0.0:${tcp}`].sort(),
    );
    expect(await ok("port", "any-web", "80")).toBe(`0.0.0.0:${tcp}`);
    expect(await ok("ps", "--format", "{{.Ports}}", "--filter", "name=any-web")).toContain(
      `0.0.0.0:${tcp}->80/tcp`,
    );
  });
});

describe("a port published on one address", () => {
  test("127.0.0.1 keeps other machines out", async () => {
    const port = freePort();
    await ok("run", "-d", "--name", "local", "-p", `127.0.0.1:${port}:80`, "nginx");
    await serverUp(fetchPage("127.0.0.1", port));
    expect(await statusOf(...fetchPage(neighbour.hostAddress, port))).not.toBe(0);
    expect((await neighbour.run(...fetchPage(neighbour.hostAddress, port))).code).not.toBe(0);
    await ok("rm", "-f", "-t", "0", "local");
  });

  test("the same port on two addresses can be two containers", async () => {
    const port = freePort();
    await ok("run", "-d", "--name", "left", "-p", `127.0.0.1:${port}:80`, "nginx");
    await ok("run", "-d", "--name", "right", "-p", `${neighbour.hostAddress}:${port}:80`, "nginx");
    await serverUp(fetchPage("127.0.0.1", port));
    expect((await neighbour.run(...fetchPage(neighbour.hostAddress, port))).stdout).toContain(WELCOME);
    await ok("rm", "-f", "-t", "0", "left", "right");
  });

  test("any address and one address of the same port collide", async () => {
    const port = freePort();
    await ok("run", "-d", "--name", "one", "-p", `127.0.0.1:${port}:80`, "nginx");
    const { code, stderr } = await pw("run", "--rm", "-p", `${port}:80`, "nginx", "true");
    expect(code).toBe(126);
    expect(stderr).toContain("ddress already in use");
    await ok("rm", "-f", "-t", "0", "one");
  });
});

/** Sockets that a process holds, as the kernel names them: of its ports, a pair that has them all under way. */
async function socketsOf(pid: string): Promise<readonly string[]> {
  const { stdout } = await execute(["find", `/proc/${pid}/fd`, "-lname", "socket:*", "-printf", "%l\n"]);
  return stdout.split("\n").filter((line) => line !== "");
}

/** A server that shares its address with whoever lets it; it tells when it cannot have the port. */
function listen(port: number, family = "TCP4"): Promise<number> {
  return statusOf(
    "timeout",
    "0.3",
    "socat",
    `${family}-LISTEN:${port},reuseaddr,accept-timeout=0.1`,
    "/dev/null",
  );
}

const monitorOf = (container: string) => ok("inspect", "-f", "{{.State.ConmonPid}}", container);

describe("a published port is taken for the host's processes too", () => {
  test("the monitor holds it, the container does not get it", async () => {
    const port = freePort();
    await ok("run", "-d", "--name", "held", "-p", `${port}:80`, "nginx", "sleep", "99");
    expect(await socketsOf(await pidOf("held"))).toEqual([]);
    expect((await socketsOf(await monitorOf("held"))).length).toBeGreaterThan(0);
    expect(await listen(port)).toBe(1);
    await ok("stop", "-t", "0", "held");
    expect(await listen(port)).toBe(0);
    await ok("rm", "-f", "held");
  });

  test("members share it, and the last that runs keeps it", async () => {
    const port = freePort();
    await ok("pod", "create", "--name", "shared", "-p", `${port}:80`);
    for (const name of ["one", "two"])
      await ok("create", "--pod", "shared", "--name", name, "nginx", "sleep", "99");
    await ok("pod", "start", "shared");
    await ok("run", "-d", "--pod", "shared", "--name", "late", "nginx", "sleep", "99");
    const held = await Promise.all(
      ["one", "two", "late"].map(async (name) => socketsOf(await monitorOf(name))),
    );
    const common = held[0]?.filter((socket) => held.every((sockets) => sockets.includes(socket)));
    expect(common).toHaveLength(2);
    await ok("stop", "-t", "0", "one", "two");
    expect(await listen(port)).toBe(1);
    await ok("pod", "stop", "-t", "0", "shared");
    expect(await listen(port)).toBe(0);
    await ok("pod", "rm", "-f", "shared");
  });

  test("members that several commands start at once bring the sandbox up once", async () => {
    const port = freePort();
    await ok("pod", "create", "--name", "rush", "-p", `${port}:80`);
    const names = ["one", "two", "three", "four"];
    for (const name of names) await ok("create", "--pod", "rush", "--name", name, "nginx", "sleep", "99");
    await Promise.all(names.map((name) => ok("start", name)));
    const held = await Promise.all(names.map(async (name) => socketsOf(await monitorOf(name))));
    const common = held[0]?.filter((socket) => held.every((sockets) => sockets.includes(socket)));
    expect(common).toHaveLength(2);
    await ok("pod", "rm", "-f", "-t", "0", "rush");
    await expectAsBefore(engine, before);
  });

  test("on a network with IPv6 it is taken there as well", async () => {
    const port = freePort();
    await ok("network", "create", "--ipv6", "six");
    await ok("run", "-d", "--name", "dual", "--network", "six", "-p", `${port}:80`, "nginx");
    expect(await listen(port, "TCP4")).toBe(1);
    expect(await listen(port, "TCP6")).toBe(1);
    await ok("rm", "-f", "-t", "0", "dual");
    expect(await listen(port, "TCP6")).toBe(0);
    await ok("network", "rm", "six");
  });

  test("a port that a process of the host has is refused by its name, and nothing is left", async () => {
    using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }) as Disposable & {
      port: number;
    };
    const taken = new RegExp(
      `^Error: cannot publish port ${server.port}/tcp: address already in use by .+ \\(process ${process.pid}\\)\\n`,
    );
    await ok("pod", "create", "--name", "late", "-p", `${server.port}:80`);
    await ok("create", "--pod", "late", "--name", "member", "nginx");
    const attempts = [
      ["run", "--rm", "-p", `${server.port}:80`, "nginx", "true"],
      ["pod", "start", "late"],
      ["run", "--rm", "--pod", "late", "nginx", "true"],
    ];
    for (const attempt of attempts) {
      const { code, stderr } = await pw(...attempt);
      expect([code, taken.test(stderr) ? "" : stderr]).toEqual([126, ""]);
    }
    await ok("pod", "rm", "-f", "late");
    await expectAsBefore(engine, before);
  });

  test("network reload brings back what somebody flushed", async () => {
    const port = freePort();
    await ok("pod", "create", "--name", "flushed", "-p", `${port}:80`);
    await ok("run", "-d", "--pod", "flushed", "--name", "member", "nginx");
    await serverUp(fetchPage("127.0.0.1", port));
    await execute(["nft", "flush", "ruleset"]);
    expect(await statusOf(...fetchPage("127.0.0.1", port))).not.toBe(0);
    const infra = await ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "flushed");
    expect(await ok("network", "reload", "--all")).toBe(infra);
    expect(await serverUp(fetchPage("127.0.0.1", port))).toContain(WELCOME);
    await ok("pod", "rm", "-f", "-t", "0", "flushed");
  });
});

describe("ranges and chosen ports", () => {
  test("a range publishes each of its ports", async () => {
    await ok("run", "-d", "--name", "range", "-p", "18080-18082:80-82", "nginx");
    await serverUp(fetchPage("127.0.0.1", 18080));
    expect((await ok("port", "range")).split("\n").sort()).toEqual([
      "80/tcp -> 0.0.0.0:18080",
      "81/tcp -> 0.0.0.0:18081",
      "82/tcp -> 0.0.0.0:18082",
    ]);
    expect(await ok("ps", "--format", "{{.Ports}}")).toBe("0.0.0.0:18080-18082->80-82/tcp");
    await ok("rm", "-f", "-t", "0", "range");
  });

  test("-p 80 and -P choose free ports and say which", async () => {
    for (const flag of [["-p", "80"], ["-P"]]) {
      await ok("run", "-d", "--name", "chosen", ...flag, "nginx");
      const port = /^0\.0\.0\.0:(\d+)$/.exec(await ok("port", "chosen", "80"))?.[1];
      expect(await serverUp(fetchPage("127.0.0.1", Number(port)))).toContain(WELCOME);
      await ok("restart", "-t", "0", "chosen");
      expect(await ok("port", "chosen", "80")).toBe(`0.0.0.0:${port}`);
      await ok("rm", "-f", "-t", "0", "chosen");
    }
  });
});

describe("the way out", () => {
  test("a container reaches another machine, masqueraded", async () => {
    const child = Bun.spawn(
      [
        "ip",
        "netns",
        "exec",
        "neighbour",
        process.execPath,
        "-e",
        `
      Bun.serve({ port: 8000, hostname: "0.0.0.0", fetch: (request, server) => new Response(server.requestIP(request).address) });
      console.log("ready");`,
      ],
      { stdout: "pipe" },
    );
    await child.stdout.getReader().read();
    const { stdout } = await pw("run", "--rm", "nginx", ...fetchPage(neighbour.address, 8000));
    child.kill(9);
    await child.exited;
    expect(stdout).toBe(neighbour.hostAddress);
  });

  test("--network none has only lo; --network host has this machine's links", async () => {
    expect(await ok("run", "--rm", "--network", "none", "nginx", "ls", "/sys/class/net")).toBe("lo");
    expect(await ok("run", "--rm", "--network", "host", "nginx", "ls", "/sys/class/net")).toContain("cable0");
  });

  test("stop takes the port away, start brings it back", async () => {
    const port = freePort();
    await ok("run", "-d", "--name", "again", "-p", `${port}:80`, "nginx");
    await serverUp(fetchPage("127.0.0.1", port));
    await ok("stop", "-t", "1", "again");
    expect(await statusOf(...fetchPage("127.0.0.1", port))).not.toBe(0);
    await ok("start", "again");
    await serverUp(fetchPage("127.0.0.1", port));
    await ok("rm", "-f", "-t", "0", "again");
  });
});
