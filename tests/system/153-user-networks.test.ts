/** An ordinary user's networks of bridges: in one network namespace of the user's own, which is there while it is used. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, openEngine, type Result } from "./engine.ts";
import { asUser, theUser } from "./user.ts";
import { waitFor } from "./waiting.ts";

const user = theUser();
const engine = openEngine();
const { ok, pw } = engine;
const STAY = ["busybox", "sleep", "1000"] as const;

/** The user's processes of that program. */
function processes(program: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [name = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
      // Of the sandboxes' own pastas the file is another one.
      const ours = program !== "pasta" || args.some((word) => word.includes("/user-network/"));
      return name.endsWith(`/${program}`) && ours && statSync(`/proc/${pid}`).uid === user.uid;
    } catch {
      return false;
    }
  });
}

async function pins(): Promise<string[]> {
  const mounts = await ok("unshare", "cat", "/proc/self/mountinfo");
  return mounts.split("\n").filter((line) => line.includes("/user-network/net "));
}

/** Of the sandboxes' bridges nothing is there any more. */
async function expectNothing(): Promise<void> {
  await waitFor(
    "the processes' end",
    () => [...processes("pasta"), ...processes("aardvark-dns")].length === 0,
  );
  expect(await pins()).toEqual([]);
}

function inside(...argv: readonly string[]): Promise<string> {
  return ok("unshare", "--rootless-netns", ...argv);
}

beforeAll(async () => {
  await ok("pull", "-q", "busybox");
  await ok("network", "create", "inward");
});

afterEach(async () => {
  await ok("pod", "rm", "-f", "-t", "0", "-a");
  await ok("rm", "-f", "-t", "0", "-a");
  await expectNothing();
});

afterAll(async () => {
  await ok("network", "prune", "-f");
});

describe("on a bridge", () => {
  test("containers and pods find one another by name and alias, each with its address", async () => {
    await ok("run", "-d", "--name", "one", "--network", "inward:alias=first", ...STAY);
    await ok("pod", "create", "--name", "together", "--network", "inward");
    await ok("run", "-d", "--pod", "together", "--name", "member", ...STAY);
    const address = await ok("inspect", "-f", "{{.NetworkSettings.Networks.inward.IPAddress}}", "one");
    expect(address).toMatch(/^10\.89\.\d+\.\d+$/);
    for (const name of ["one", "first"]) {
      expect(await ok("exec", "member", "nslookup", name)).toContain(`Address: ${address}`);
    }
    const pod = await ok("exec", "member", "ip", "-4", "-o", "addr", "show", "eth0");
    const [, podAddress = ""] = /inet ([\d.]+)\//.exec(pod) ?? [];
    for (const name of ["together", "member"]) {
      expect(await ok("exec", "one", "nslookup", name)).toContain(`Address: ${podAddress}`);
    }
    await ok("exec", "-d", "member", "httpd", "-p", "8080", "-h", "/etc");
    expect(await ok("exec", "one", "wget", "-q", "-O-", "http://together:8080/passwd")).toContain("root:");
    // The system's own tools see the bridge where it is, and nothing of it on the host.
    expect(await inside("ip", "-o", "link", "show", "type", "bridge")).toMatch(/pw\d/);
    expect((await execute(["ip", "-o", "link", "show", "type", "bridge"])).stdout).not.toContain(address);
    expect(processes("pasta")).toHaveLength(1);
  });

  test("several networks, connected and disconnected while it runs; an internal one leads nowhere", async () => {
    await ok("network", "create", "--internal", "closed");
    await ok("network", "create", "--ipv6", "six");
    await ok("run", "-d", "--name", "moves", "--network", "closed", ...STAY);
    expect(await ok("exec", "moves", "ip", "route")).not.toContain("default");
    await ok("network", "connect", "--alias", "later", "six", "moves");
    expect(await ok("exec", "moves", "ip", "-6", "addr", "show", "eth1")).toContain("scope global");
    expect(await ok("run", "--rm", "--network", "six", "busybox", "nslookup", "later")).toContain(
      "Address: fd",
    );
    await ok("network", "disconnect", "six", "moves");
    expect(await ok("exec", "moves", "ip", "-o", "link")).not.toContain("eth1");
    expect((await pw("run", "--rm", "--network", "six", "busybox", "nslookup", "later")).code).not.toBe(0);
    await ok("rm", "-f", "-t", "0", "moves");
    await ok("network", "rm", "closed", "six");
  });

  test("a container reaches the host's network by it", async () => {
    // 192.0.2.1 is the other end of the uplink, where nobody answers: a refusal would be the namespace's own.
    const route = await ok("run", "--rm", "--network", "podman", "busybox", "ip", "route");
    expect(route).toContain("default via 10.88.0.1");
    const out = await inside("ip", "route", "get", "192.0.2.77");
    expect(out).toContain("dev eth0");
  });

  test("kube play and kube down use it", async () => {
    const manifest = join(user.home, "networked.yaml");
    writeFileSync(
      manifest,
      `apiVersion: v1
kind: Pod
metadata: {name: played}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: only, image: busybox, command: [sleep, "1000"]}]
`,
    );
    await ok("kube", "play", "--network", "inward", manifest);
    expect(await ok("run", "--rm", "--network", "inward", "busybox", "nslookup", "played")).toContain(
      "Address",
    );
    await ok("kube", "down", manifest);
  });
});

describe("published ports", () => {
  const serve = ["sh", "-c", "httpd -p 80 -h /etc && exec sleep 1000"] as const;
  const fetched = async (url: string): Promise<string> =>
    (await execute(["curl", "-s", "-g", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", `${url}/passwd`]))
      .stdout;
  const arrives = (url: string): Promise<true> =>
    waitFor(url, async () => (await fetched(url)) === "200" || undefined);

  test("lead in from the host's loopback and its own address; a taken one is named; they are free again", async () => {
    await ok("run", "-d", "--name", "web", "--network", "inward", "-p", "28080:80", "busybox", ...serve);
    await arrives("http://127.0.0.1:28080");
    await arrives("http://192.0.2.2:28080");
    const second = await pw("run", "--rm", "--network", "inward", "-p", "28080:80", "busybox", "true");
    expect([second.code, second.stderr]).toEqual([126, expect.stringMatching(/28080.*in use.*web/)]);
    expect(await ok("port", "web")).toBe("80/tcp -> 0.0.0.0:28080");
    await ok(
      "run",
      "-d",
      "--name",
      "two",
      "--network",
      "inward",
      "-p",
      "127.0.0.1:28081:80",
      "busybox",
      ...serve,
    );
    await arrives("http://127.0.0.1:28081");
    expect(await fetched("http://192.0.2.2:28081")).toBe("000");
    await ok("rm", "-f", "-t", "0", "web");
    expect(await fetched("http://127.0.0.1:28080")).toBe("000");
    await arrives("http://127.0.0.1:28081");
    // From one container to another by its own address and port, as within root's networks.
    expect(
      await ok("run", "--rm", "--network", "inward", "busybox", "wget", "-q", "-O-", "http://two/passwd"),
    ).toContain("root:");
  });

  test("of a pod change while it runs; those that stay go on", async () => {
    await ok("pod", "create", "--name", "varies", "--network", "inward", "-p", "28082:80");
    await ok("run", "-d", "--pod", "varies", "busybox", ...serve);
    await arrives("http://127.0.0.1:28082");
    await ok("pod", "update", "--publish", "28083:80", "varies");
    await arrives("http://127.0.0.1:28083");
    await ok("pod", "update", "--publish-rm", "28082:80", "varies");
    expect(await fetched("http://127.0.0.1:28082")).toBe("000");
    await arrives("http://127.0.0.1:28083");
    await ok("pod", "stop", "-t", "0", "varies");
    await ok("pod", "start", "varies");
    await arrives("http://127.0.0.1:28083");
  });

  test("a container is told the client's true address", async () => {
    await ok("run", "-d", "--name", "tells", "--network", "inward", "-p", "28084:80", "busybox", ...serve);
    await arrives("http://127.0.0.1:28084");
    const peer =
      "while ! netstat -tn 2>/dev/null | grep -q ESTAB; do sleep 0.05; done; netstat -tn | grep ESTAB";
    const seen = ok("exec", "tells", "timeout", "5", "sh", "-c", peer);
    const slow = Bun.spawn(["bash", "-c", "exec 3<>/dev/tcp/192.0.2.2/28084; sleep 3"], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    expect(await seen).toContain("192.0.2.2:");
    slow.kill("SIGKILL");
    await slow.exited;
  });
});

describe("what is killed", () => {
  test("pasta: the next start brings another, and what runs stays", async () => {
    await ok("run", "-d", "--name", "before", "--network", "inward", ...STAY);
    const [pasta] = processes("pasta");
    process.kill(Number(pasta), "SIGKILL");
    await waitFor("its end", () => !processes("pasta").includes(String(pasta)));
    await ok("run", "-d", "--name", "after", "--network", "inward", ...STAY);
    expect(processes("pasta")).toHaveLength(1);
    expect(await ok("exec", "before", "nslookup", "after")).toContain("Address");
    expect(await inside("ip", "route")).toContain("default");
  });

  test("a start, at any moment: nothing is left once its container is removed", async () => {
    for (let pause = 20; pause <= 200; pause += 30) {
      const start = Bun.spawn(
        [...engine.argv, "run", "-d", "--name", "cut", "--network", "inward", ...STAY],
        {
          stdio: ["ignore", "ignore", "ignore"],
          cwd: user.home,
        },
      );
      await Bun.sleep(pause);
      start.kill("SIGKILL");
      await start.exited;
      await ok("rm", "-f", "-i", "-t", "0", "cut");
    }
    await ok("run", "--rm", "--network", "inward", "busybox", "true");
    await expectNothing();
  });

  test("a failed start takes it back at once", async () => {
    const failed = await pw("run", "--rm", "--network", "inward:ip=10.1.2.3", "busybox", "true");
    expect([failed.code, failed.stderr]).toEqual([126, expect.stringContaining("10.1.2.3")]);
    await expectNothing();
  });
});

describe("the namespace", () => {
  test("is there while a command is in it", async () => {
    await expectNothing();
    expect(await inside("ip", "-o", "addr", "show", "eth0")).toContain("192.0.2.2");
    const result: Result = await pw("unshare", "--rootless-netns", "sh", "-c", "exit 6");
    expect(result.code).toBe(6);
  });

  test("is another one for each user and for root", async () => {
    await ok("run", "-d", "--name", "mine", "--network", "inward", ...STAY);
    const own = await inside("readlink", "/proc/self/ns/net");
    const hosts = await execute(["readlink", "/proc/self/ns/net"]);
    expect(own).not.toBe(hosts.stdout.trim());
    // Not even by its path: the pin is in a mount namespace and a directory of the user's alone.
    const path = `${user.runtime}/podwright/user-network/net`;
    const other = await execute([
      "setpriv",
      "--reuid=1",
      "--regid=1",
      "--clear-groups",
      "--",
      "nsenter",
      `--net=${path}`,
      "true",
    ]);
    expect(other.code).not.toBe(0);
    expect((await execute([...asUser(user), "nsenter", `--net=${path}`, "true"])).code).not.toBe(0);
  });

  test("macvlan is refused by name", async () => {
    const options = ["-d", "macvlan", "-o", "parent=eth0", "--subnet", "192.0.2.0/24"];
    const { code, stderr } = await pw("network", "create", ...options, "shared");
    expect([code, stderr]).toEqual([
      125,
      expect.stringContaining("an ordinary user cannot make macvlan networks"),
    ]);
  });
});
