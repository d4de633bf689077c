/** `network connect` and `disconnect`, live and stored; and kill -9 of the name server and of the engine. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { execute, openEngine } from "./engine.ts";
import { fetchPage, serverUp } from "./neighbours.ts";
import { type Networks, openNetworks } from "./networks.ts";
import { freePort, waitFor } from "./waiting.ts";
import { rootOnly } from "./user.ts";

const engine = openEngine();
const { ok, pw } = engine;
let networks: Networks;
let run: Networks["run"];
let lookUp: Networks["lookUp"];
let addressOf: Networks["addressOf"];
let inside: Networks["inside"];
let ip: Networks["ip"];
let serverPid: Networks["serverPid"];

beforeAll(async () => {
  networks = await openNetworks(engine);
  ({ run, lookUp, addressOf, inside, ip, serverPid } = networks);
});
afterEach(() => networks.afterTest());
afterAll(() => networks.end());

describe("connect and disconnect", () => {
  const seen = rootOnly("it asks addresses on a bridge from the host, which does not see a user's bridges");
  seen.test("at once in a container that runs, while its other connections go on", async () => {
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
    expect(await ip("echo", "-br", "-4", "addr")).toMatch(/eth1@\S+ +UP +10\.72\.0\.99\/24/);
    expect(await inside("echo", "cat", "/etc/hosts")).toMatch(/^10\.72\.0\.99\t\S+ echo$/m);
    expect(await inside("echo", "cat", "/etc/resolv.conf")).toContain("nameserver 10.72.0.1");
    expect(await ok("ps", "--format", "{{.Networks}}", "--filter", "name=echo")).toBe("blue,red");
    await ok("network", "disconnect", "blue", "echo");
    expect(await talk.say("three")).toBe("three");
    expect(await lookUp("blue1", "echo")).toBe("");
    expect(await ip("echo", "-br", "-4", "addr")).not.toContain("eth1");
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
    expect(await ip("later", "-br", "-4", "addr")).toMatch(/^eth1@\S+ +UP +10\.72\./m);
    expect(await ip("later", "-br", "-4", "addr")).not.toContain("eth0");
    expect(await lookUp("blue1", "soon")).toBe(await addressOf("later", "blue"));
    await ok("restart", "-t", "0", "later");
    expect(await lookUp("blue1", "soon")).toBe(await addressOf("later", "blue"));
    await ok("network", "disconnect", "blue", "later");
    await ok("restart", "-t", "0", "later");
    expect(await ip("later", "-br", "-4", "addr")).not.toContain("eth");
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
    expect(await ip("web", "-br", "-4", "addr")).not.toContain("eth1");
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
      expect(await ip("web", "-br", "-4", "addr")).not.toContain("10.72.");
    }
  });
});

const hosts = rootOnly("a server of the host's is not on a user's gateway");
hosts.test("another name server on the gateway's port is named", async () => {
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
