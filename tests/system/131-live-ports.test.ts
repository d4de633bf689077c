/** Published ports of a pod that change while it runs: they serve at once, stop at once, and disturb nobody. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execute, openEngine, succeed } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { fetchPage, type Neighbour, plugInNeighbour, serverUp, serveUdp, udpClient } from "./neighbours.ts";
import { freePort, waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
const WELCOME = "Welcome to nginx!";
let before: HostState;
let neighbour: Neighbour;

beforeAll(async () => {
  neighbour = await plugInNeighbour();
  before = await warmUp(engine, "nginx");
  // The first event makes the log of events.
  await ok("pod", "create", "--name", "warm-up");
  await ok("pod", "update", "--label", "a=b", "warm-up");
  await ok("pod", "rm", "warm-up");
  before = await hostState(engine);
});

afterAll(async () => {
  await expectCleanEnd(engine, before);
  await neighbour[Symbol.asyncDispose]();
});

const page = async (address: string, port: number): Promise<string> =>
  (await execute(fetchPage(address, port))).stdout;

async function refuses(address: string, port: number): Promise<void> {
  expect((await execute(fetchPage(address, port))).code).not.toBe(0);
}

/** A server that shares its address with whoever lets it; 0 when it could have the port. */
async function listen(port: number, family = "TCP4"): Promise<number> {
  const address = `${family}-LISTEN:${port},reuseaddr,accept-timeout=0.1`;
  return (await execute(["timeout", "0.3", "socat", address, "/dev/null"])).code;
}

async function webPod(name: string, ...flags: readonly string[]): Promise<void> {
  await ok("pod", "create", "--name", name, ...flags);
  await ok("run", "-d", "--pod", name, "--name", `${name}-web`, "nginx");
}

const pidOf = (container: string): Promise<string> => ok("inspect", "-f", "{{.State.Pid}}", container);
const gone = (name: string): Promise<string> => ok("pod", "rm", "-f", "-t", "0", name);

const ECHO = `Bun.listen({ hostname: "0.0.0.0", port: Number(process.argv[1]), socket: {
  data(socket, data) { socket.write(data); } } });`;

describe("a running pod", () => {
  beforeAll(async () => {
    await webPod("live");
    await serverUp(["nsenter", "-t", await pidOf("live-web"), "-n", ...fetchPage("127.0.0.1", 80)]);
  });

  afterAll(async () => {
    await gone("live");
    await expectAsBefore(engine, before);
  });

  test("a port added serves at once, to everybody; removed, it is free at once", async () => {
    const port = freePort();
    await ok("pod", "update", "-p", `${port}:80`, "live");
    for (const address of ["127.0.0.1", "127.0.0.9", neighbour.hostAddress]) {
      expect(await page(address, port)).toContain(WELCOME);
    }
    expect((await neighbour.run(...fetchPage(neighbour.hostAddress, port))).stdout).toContain(WELCOME);
    const inPod = ["nsenter", "-t", await pidOf("live-web"), "-n"];
    const hairpin = await execute([...inPod, ...fetchPage(neighbour.hostAddress, port)]);
    expect(hairpin.stdout).toContain(WELCOME);
    expect(await listen(port)).toBe(1);
    expect(await ok("port", "live-web")).toBe(`80/tcp -> 0.0.0.0:${port}`);
    expect(await ok("ps", "--format", "{{.Ports}}", "--filter", "name=live-web")).toBe(
      `0.0.0.0:${port}->80/tcp`,
    );
    const shown = await ok("pod", "inspect", "-f", "{{.InfraConfig.PortBindings}}", "live");
    expect(shown).toContain(String(port));
    expect(await ok("kube", "generate", "live")).toContain(`hostPort: ${port}`);
    await ok("pod", "update", "--publish-rm", `${port}:80`, "live");
    await refuses("127.0.0.1", port);
    await refuses(neighbour.hostAddress, port);
    expect(await listen(port)).toBe(0);
    expect(await ok("port", "live-web")).toBe("");
    expect(await ok("kube", "generate", "live")).not.toContain("hostPort");
  });

  test("several at once, ranges and their parts, addresses, UDP", async () => {
    const udp = freePort();
    const local = freePort();
    using _server = await serveUdp(await pidOf("live-web"), 5353);
    await ok(
      "pod",
      "update",
      "-p",
      "28100-28103:80-83",
      "-p",
      `127.0.0.1:${local}:80`,
      "-p",
      `${udp}:5353/udp`,
      "live",
    );
    expect(await page("127.0.0.1", 28_100)).toContain(WELCOME);
    expect(await page("127.0.0.1", local)).toContain(WELCOME);
    await refuses(neighbour.hostAddress, local);
    expect((await execute(udpClient("127.0.0.1", udp))).stdout).toContain("udp hello");
    expect((await neighbour.run(...udpClient(neighbour.hostAddress, udp))).stdout).toContain("udp hello");
    await ok("pod", "update", "--unpublish", "28101-28102:81-82", "--unpublish", String(local), "live");
    expect((await ok("port", "live-web")).split("\n").sort()).toEqual(
      [`5353/udp -> 0.0.0.0:${udp}`, "80/tcp -> 0.0.0.0:28100", "83/tcp -> 0.0.0.0:28103"].sort(),
    );
    await ok(
      "pod",
      "update",
      "--publish-rm",
      "28100",
      "--publish-rm",
      "83",
      "--publish-rm",
      `${udp}:5353/udp`,
      "live",
    );
    expect((await execute(udpClient("127.0.0.1", udp))).code).not.toBe(0);
    expect(await ok("port", "live-web")).toBe("");
  });

  test("without a host port one is chosen and printed", async () => {
    const [id, line] = (await ok("pod", "update", "-p", "80", "live")).split("\n");
    expect(id).toBe(await ok("pod", "inspect", "-f", "{{.Id}}", "live"));
    const port = Number(/^80\/tcp -> 0\.0\.0\.0:(\d+)$/.exec(line ?? "")?.[1]);
    expect(await page("127.0.0.1", port)).toContain(WELCOME);
    await ok("pod", "update", "--publish-rm", "80", "live");
    await refuses("127.0.0.1", port);
  });

  test("a host port moves to another port of the pod in one step", async () => {
    const port = freePort();
    await ok("pod", "update", "-p", `${port}:81`, "live");
    await refuses("127.0.0.1", port);
    await ok("pod", "update", "--publish-rm", `${port}:81`, "-p", `${port}:80`, "live");
    expect(await page("127.0.0.1", port)).toContain(WELCOME);
    await ok("pod", "update", "--publish-rm", `${port}:80`, "-p", `127.0.0.1:${port}:80`, "live");
    expect(await page("127.0.0.1", port)).toContain(WELCOME);
    await refuses(neighbour.hostAddress, port);
    expect(await listen(port)).toBe(1);
    await ok("pod", "update", "--publish-rm", `${port}:80`, "live");
    expect(await listen(port)).toBe(0);
  });

  test("established connections of a removed port end; those of another go on", async () => {
    const [kept, removed] = [freePort(), freePort()];
    const server = Bun.spawn(
      ["nsenter", "-t", await pidOf("live-web"), "-n", process.execPath, "-e", ECHO, "7000"],
      { stdin: "ignore" },
    );
    await ok("pod", "update", "-p", `${kept}:7000`, "-p", `${removed}:7000`, "live");
    const talk = async (address: string, port: number) => {
      let heard = "";
      let ended = false;
      const socket = await waitFor("the echo", () =>
        Bun.connect({
          hostname: address,
          port,
          socket: {
            data: (_, data) => void (heard += data.toString()),
            error: () => void (ended = true),
            close: () => void (ended = true),
          },
        }),
      );
      const echo = (word: string) => {
        socket.write(word);
        return waitFor(`the echo of ${word}`, () => heard.endsWith(word) || ended || undefined);
      };
      return { echo, ended: () => ended, socket };
    };
    for (const address of ["127.0.0.1", neighbour.hostAddress]) {
      if (address !== "127.0.0.1") await ok("pod", "update", "-p", `${removed}:7000`, "live");
      const [stays, goes] = [await talk(address, kept), await talk(address, removed)];
      await stays.echo("one");
      await goes.echo("one");
      expect([stays.ended(), goes.ended()]).toEqual([false, false]);
      await ok("pod", "update", "--publish-rm", `${removed}:7000`, "live");
      await stays.echo("two");
      goes.socket.write("two");
      await waitFor("the connection to end", () => goes.ended());
      expect(stays.ended()).toBe(false);
      stays.socket.end();
    }
    await ok("pod", "update", "--publish-rm", `${kept}:7000`, "live");
    server.kill(9);
    await server.exited;
  });

  test("a long download over another port comes whole through a hundred changes", async () => {
    const port = freePort();
    await ok("pod", "update", "-p", `${port}:80`, "live");
    const file = "/usr/share/nginx/html/large";
    await ok("exec", "live-web", "dd", "if=/dev/urandom", `of=${file}`, "bs=1M", "count=64");
    const sum = (await ok("exec", "live-web", "sha256sum", file)).split(" ")[0];
    const url = `http://127.0.0.1:${port}/large`;
    const download = Bun.spawn(["sh", "-c", `curl -sS --noproxy '*' --limit-rate 2M ${url} | sha256sum`], {
      stdout: "pipe",
    });
    for (let i = 0; i < 50; i++) {
      await ok("pod", "update", "-p", `${28_200 + i}:80`, "live");
      if (i > 0) await ok("pod", "update", "--publish-rm", `${28_199 + i}:80`, "live");
    }
    expect(download.exitCode).toBe(null);
    expect((await new Response(download.stdout).text()).split(" ")[0]).toBe(sum ?? "");
    await ok("pod", "update", "--publish-rm", "28249:80", "--publish-rm", `${port}:80`, "live");
  }, 60_000);

  test("members that start later, and a pod that starts again, have what was changed", async () => {
    const port = freePort();
    await ok("pod", "update", "-p", `${port}:80`, "live");
    await ok("run", "-d", "--pod", "live", "--name", "later", "busybox", "sleep", "99");
    await ok("stop", "-t", "0", "live-web");
    expect(await listen(port)).toBe(1);
    await ok("start", "live-web");
    await serverUp(fetchPage("127.0.0.1", port));
    const again = async (): Promise<void> => {
      await ok("pod", "stop", "-t", "0", "live");
      await ok("pod", "start", "live");
    };
    await again();
    await serverUp(fetchPage("127.0.0.1", port));
    await ok("pod", "update", "--publish-rm", String(port), "live");
    expect(await listen(port)).toBe(0);
    await again();
    await refuses("127.0.0.1", port);
    await ok("rm", "-f", "-t", "0", "later");
  });
});

describe("refusals change nothing", () => {
  beforeAll(async () => {
    await webPod("firm", "-p", "28300:80");
    await serverUp(fetchPage("127.0.0.1", 28_300));
  });
  afterAll(async () => {
    await gone("firm");
    await expectAsBefore(engine, before);
  });

  test("a port that somebody has, by the owner's name", async () => {
    const state = await hostState(engine);
    await webPod("other", "-p", "28301:80");
    await ok("run", "-d", "--name", "alone", "-p", "28302:80", "nginx");
    using server = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data() {} } }) as Disposable & {
      port: number;
    };
    const cases: readonly [number, string][] = [
      [28_301, 'by pod "other"'],
      [28_302, 'by container "alone"'],
      [server.port, `(process ${process.pid})`],
    ];
    for (const [port, owner] of cases) {
      const { code, stderr } = await pw(
        "pod",
        "update",
        "-p",
        "28309:80",
        "-p",
        `${port}:80`,
        "--label",
        "a=b",
        "firm",
      );
      expect([code, stderr]).toEqual([126, expect.stringContaining(`${port}/tcp: address already in use`)]);
      expect(stderr).toContain(owner);
    }
    expect(await ok("port", "firm-web")).toBe("80/tcp -> 0.0.0.0:28300");
    expect(await ok("pod", "inspect", "-f", "{{.Labels}}", "firm")).toBe("map[]");
    expect(await listen(28_309)).toBe(0);
    await gone("other");
    await ok("rm", "-f", "-t", "0", "alone");
    await expectAsBefore(engine, state);
  });

  test("what is not published, what may mean two, what collides", async () => {
    const refused = async (...flags: readonly string[]): Promise<string> => {
      const { code, stderr } = await pw("pod", "update", ...flags, "firm");
      expect(code).not.toBe(0);
      return stderr;
    };
    expect(await refused("--publish-rm", "28399:80")).toContain("port 28399:80/tcp is not published");
    expect(await refused("-p", "28300:81")).toContain("conflicting port mappings for host port 28300");
    await ok("pod", "update", "-p", "28303:80", "-p", "28300:80", "firm");
    expect(await refused("--publish-rm", "80")).toContain(
      "port 80/tcp may mean any of 28300:80/tcp, 28303:80/tcp",
    );
    expect(await refused("--memory", "1g", "-p", "28304:80", "--publish-rm", "1:1")).toContain(
      "is not published",
    );
    expect((await ok("port", "firm-web")).split("\n").sort()).toEqual([
      "80/tcp -> 0.0.0.0:28300",
      "80/tcp -> 0.0.0.0:28303",
    ]);
  });

  test("a pod without a network of its own", async () => {
    for (const mode of ["none", "host"]) {
      await ok("pod", "create", "--name", "apart", "--network", mode);
      const { code, stderr } = await pw("pod", "update", "-p", "28305:80", "apart");
      expect([code, stderr]).toEqual([125, expect.stringContaining(`its network mode is "${mode}"`)]);
      await gone("apart");
    }
  });
});

describe("elsewhere", () => {
  test("a stopped pod has it with its next start", async () => {
    const port = freePort();
    await ok("pod", "create", "--name", "idle");
    await ok("create", "--pod", "idle", "--name", "idle-web", "nginx");
    await ok("pod", "update", "-p", `${port}:80`, "idle");
    expect(await listen(port)).toBe(0);
    await ok("pod", "start", "idle");
    expect(await serverUp(fetchPage("127.0.0.1", port))).toContain(WELCOME);
    await ok("pod", "stop", "-t", "0", "idle");
    await ok("pod", "update", "--publish-rm", String(port), "idle");
    await ok("pod", "start", "idle");
    await refuses("127.0.0.1", port);
    await gone("idle");
    await expectAsBefore(engine, before);
  });

  test("networks of one's own, several of them, IPv6", async () => {
    await ok("network", "create", "--ipv6", "six");
    await ok("network", "create", "second");
    const port = freePort();
    await webPod("wide", "--network", "six", "--network", "second");
    await serverUp(["nsenter", "-t", await pidOf("wide-web"), "-n", ...fetchPage("127.0.0.1", 80)]);
    await ok("pod", "update", "-p", `${port}:80`, "wide");
    expect(await page("127.0.0.1", port)).toContain(WELCOME);
    const six = [
      "nsenter",
      "-t",
      await pidOf("wide-web"),
      "-n",
      "socat",
      "TCP6-LISTEN:81,reuseaddr",
      "SYSTEM:echo six",
    ];
    const server = Bun.spawn(six, { stdin: "ignore" });
    await ok("pod", "update", "-p", `${port + 1}:81`, "wide");
    const answer = await waitFor("an answer over IPv6", async () => {
      const { stdout } = await execute([
        "socat",
        "-T",
        "1",
        "-",
        `TCP6:[${await addressOf("six")}]:${port + 1}`,
      ]);
      return stdout || undefined;
    });
    expect(answer).toBe("six\n");
    await server.exited;
    await ok("pod", "update", "--publish-rm", String(port + 1), "wide");
    expect([await listen(port, "TCP4"), await listen(port, "TCP6")]).toEqual([1, 1]);
    await ok(
      "network",
      "disconnect",
      "six",
      await ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "wide"),
    );
    expect(await page("127.0.0.1", port)).toContain(WELCOME);
    await ok("pod", "update", "--publish-rm", String(port), "wide");
    await refuses("127.0.0.1", port);
    expect([await listen(port, "TCP4"), await listen(port, "TCP6")]).toEqual([0, 0]);
    await gone("wide");
    await ok("network", "rm", "six", "second");
    await expectAsBefore(engine, before);
  });

  test("a container without a pod", async () => {
    const [first, port] = [freePort(), freePort()];
    await ok("run", "-d", "--name", "alone", "-p", `${first}:80`, "nginx");
    await serverUp(fetchPage("127.0.0.1", first));
    await ok("update", "--publish", `${port}:80`, "alone");
    expect(await page("127.0.0.1", port)).toContain(WELCOME);
    expect(await listen(port)).toBe(1);
    await ok("container", "update", "--publish-rm", `${first}:80`, "alone");
    await refuses("127.0.0.1", first);
    expect(await listen(first)).toBe(0);
    await ok("restart", "-t", "0", "alone");
    await serverUp(fetchPage("127.0.0.1", port));
    await ok("rm", "-f", "-t", "0", "alone");
    await webPod("joined");
    const { code, stderr } = await pw("update", "--publish", `${port}:80`, "joined-web");
    expect([code, stderr]).toEqual([125, expect.stringContaining("its network is its pod's")]);
    await gone("joined");
    await expectAsBefore(engine, before);
  });
});

/** The host's own address on a network with IPv6. */
async function addressOf(network: string): Promise<string | undefined> {
  const shown = JSON.parse(await ok("network", "inspect", network)) as readonly {
    readonly subnets: readonly { readonly gateway?: string }[];
  }[];
  return shown[0]?.subnets.map(({ gateway }) => gateway).find((gateway) => gateway?.includes(":") === true);
}

test("adding and removing a port takes milliseconds, with a thousand there", async () => {
  await webPod("many");
  const time = async (...args: readonly string[]): Promise<number> => {
    const started = performance.now();
    succeed(await engine.run(["pod", "update", ...args, "many"]));
    return performance.now() - started;
  };
  const round = async (): Promise<{ add: number; remove: number }> => {
    const add: number[] = [];
    const remove: number[] = [];
    for (let i = 0; i < 7; i++) {
      add.push(await time("-p", "28500:80"));
      remove.push(await time("--publish-rm", "28500:80"));
    }
    const middle = (list: number[]): number => list.sort((a, b) => a - b)[3] ?? 0;
    return { add: middle(add), remove: middle(remove) };
  };
  const alone = await round();
  const thousand = await time("-p", "27000-27999:5000-5999");
  const among = await round();
  const text = (ms: number): string => `${ms.toFixed(1)} ms`;
  console.log(
    `a port added: ${text(alone.add)}, removed: ${text(alone.remove)}; a thousand at once: ${text(thousand)}; ` +
      `one more beside them: ${text(among.add)}, removed: ${text(among.remove)}`,
  );
  expect(among.add).toBeLessThan(2_000);
  await gone("many");
  await expectAsBefore(engine, before);
}, 60_000);
