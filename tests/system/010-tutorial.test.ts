/** What a user does first, as the README has it: both parts of the tutorial, word for word. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { BINARY, execute, host, openEngine } from "./engine.ts";
import { expectAsBefore, type HostState } from "./host-state.ts";
import { onTerminal } from "./terminal.ts";
import { waitFor } from "./waiting.ts";
import { rootOnly } from "./user.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, json } = engine;
let before: HostState;

interface PodReport {
  readonly Id: string;
  readonly Name: string;
  readonly State: string;
  readonly NumContainers: number;
  readonly InfraContainerID: string;
  readonly SharedNamespaces: readonly string[];
  readonly Containers: readonly { readonly Id: string; readonly Name: string; readonly State: string }[];
}

async function inspectPod(name: string): Promise<PodReport> {
  // Podman before 5.0, as a reference, prints one object.
  const [pod] = [await json("pod", "inspect", name)].flat() as readonly PodReport[];
  if (pod === undefined) throw new Error(`pod inspect ${name} gave an empty list`);
  return pod;
}

/** One question to a TCP port from inside a member, by bash alone, and the first line of the answer. */
function ask(member: string, port: number, question: string): Promise<string> {
  const script = `exec 3<>/dev/tcp/localhost/${port} && printf '${question}' >&3 && head -1 <&3`;
  return waitFor(`an answer from port ${port}`, async () => {
    const { code, stdout } = await pw("exec", member, "bash", "-c", script);
    return code === 0 && stdout !== "" ? stdout.trim() : undefined;
  });
}

/** `net:[4026531840]` of a member's first process. */
async function namespaceOf(member: string, kind: string): Promise<string> {
  return host("readlink", `/proc/${await ok("inspect", "-f", "{{.State.Pid}}", member)}/ns/${kind}`);
}

beforeAll(async () => {
  before = await warmUp(engine, "nginx", "redis");
});

describe("the pod webstack of nginx and redis", () => {
  let nginx = "";
  let redis = "";

  test("pod create prints the id; the pod is there, created, with its infra container", async () => {
    const id = await ok("pod", "create", "--name", "webstack");
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    const [heading, row] = (await ok("pod", "ps")).split("\n");
    expect(heading).toMatch(/^POD ID +NAME +STATUS +CREATED +INFRA ID +# OF CONTAINERS$/);
    expect(row).toMatch(new RegExp(`^${id.slice(0, 12)} +webstack +Created +.* +[0-9a-f]{12} +1$`));
    const pod = await inspectPod("webstack");
    expect(pod).toMatchObject({ Id: id, Name: "webstack", State: "Created", NumContainers: 1 });
    expect(pod.SharedNamespaces).toEqual(["ipc", "net", "uts"]);
    expect(pod.InfraContainerID).toMatch(/^[0-9a-f]{64}$/);
  });

  test("run -dt --pod starts nginx and redis, and prints their ids", async () => {
    nginx = await ok("run", "-dt", "--pod", "webstack", "nginx");
    redis = await ok("run", "-dt", "--pod", "webstack", "redis");
    expect([nginx, redis].join(" ")).toMatch(/^[0-9a-f]{64} [0-9a-f]{64}$/);
    const pod = await inspectPod("webstack");
    expect(pod).toMatchObject({ State: "Running", NumContainers: 3 });
    expect(pod.Containers.map(({ State }) => State)).toEqual(["running", "running", "running"]);
    expect(pod.Containers.map(({ Id }) => Id).sort()).toEqual([nginx, redis, pod.InfraContainerID].sort());
  });

  test("ps --pod shows both with their pod", async () => {
    const [heading, ...rows] = (await ok("ps", "--pod")).split("\n");
    expect(heading).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES +POD ID +PODNAME$/);
    for (const [id, image] of [
      [nginx, "docker.io/library/nginx:latest"],
      [redis, "docker.io/library/redis:latest"],
    ]) {
      const row = rows.find((line) => line.startsWith(`${id?.slice(0, 12)}`));
      expect(row).toContain(image);
      expect(row).toMatch(/ Up .* [0-9a-f]{12} +webstack$/);
    }
  });

  test("the members share address, ports and localhost", async () => {
    expect(await ask(nginx, 6379, "PING\\r\\n")).toBe("+PONG");
    expect(await ask(redis, 80, "GET / HTTP/1.0\\r\\n\\r\\n")).toContain("200 OK");
    for (const kind of ["net", "ipc", "uts"])
      expect(await namespaceOf(nginx, kind)).toBe(await namespaceOf(redis, kind));
    for (const kind of ["pid", "mnt"])
      expect(await namespaceOf(nginx, kind)).not.toBe(await namespaceOf(redis, kind));
  });

  const bridged = rootOnly("a user's pod has the host's own addresses");
  bridged.test("the pod has an address on the default network that answers from the host", async () => {
    const pid = await ok("inspect", "-f", "{{.State.Pid}}", nginx);
    const links = JSON.parse(await host("nsenter", "-t", pid, "-n", "ip", "-j", "-4", "addr")) as readonly {
      ifname: string;
      addr_info: readonly { local: string }[];
    }[];
    const address = links.find(({ ifname }) => ifname === "eth0")?.addr_info[0]?.local;
    expect(address).toMatch(/^10\.88\.\d+\.\d+$/);
    expect(await host("curl", "-s", "--max-time", "5", `http://${address}/`)).toContain("Welcome to nginx!");
  });

  test("each member has a root file system of its own", async () => {
    await ok("exec", nginx, "bash", "-c", "echo mine > /only-in-nginx");
    expect((await pw("exec", redis, "ls", "/only-in-nginx")).code).not.toBe(0);
    expect((await pw("exec", redis, "bash", "-c", "command -v nginx")).code).not.toBe(0);
  });

  test("pod stop stops the members and keeps them; pod rm leaves nothing", async () => {
    expect(await ok("pod", "stop", "webstack")).toBe("webstack");
    const pod = await inspectPod("webstack");
    expect(pod.State).toBe("Exited");
    const removed = await ok("pod", "rm", "webstack");
    expect(removed).toBe(pod.Id);
    expect((await pw("pod", "exists", "webstack")).code).toBe(1);
    expect(await ok("ps", "-aq")).toBe("");
    await expectAsBefore(engine, before);
  });
});

describe("the pod web with a published port", () => {
  test("curl on the host reaches nginx in the pod; logs show it", async () => {
    await ok("pod", "create", "--name", "web", "-p", "8080:80");
    await ok("run", "-dt", "--pod", "web", "--name", "front", "nginx");
    const page = await host(
      "curl",
      "-sS",
      "--max-time",
      "5",
      "--retry",
      "10",
      "--retry-all-errors",
      "http://localhost:8080/",
    );
    expect(page).toContain("Welcome to nginx!");
    await waitFor(
      "nginx's log line",
      async () => /GET \/ HTTP\/1\.1/.test((await pw("logs", "front")).stdout) || undefined,
    );
    expect(await ok("port", "front")).toBe("80/tcp -> 0.0.0.0:8080");
  });

  test("exec -it gives a shell on the user's terminal, in the terminal's size", async () => {
    const session = onTerminal([...engine.argv, "exec", "-it", "front", "bash"], { cols: 97, rows: 31 });
    await session.shows(/[#$] $/);
    session.type("stty size; echo in-$((40+2))\r");
    await session.shows("31 97");
    await session.shows("in-42");
    session.resize(120, 40);
    await waitFor("the new size in the container", async () => {
      session.type("stty size\r");
      await Bun.sleep(100);
      return session.screen().includes("40 120") || undefined;
    });
    session.type("exit 7\r");
    expect(await session.exits()).toBe(7);
  });

  test("pod rm -f removes the running pod, and leaves nothing", async () => {
    await ok("pod", "rm", "-f", "web");
    expect((await execute(["curl", "-s", "--max-time", "2", "http://localhost:8080/"])).code).not.toBe(0);
    await expectAsBefore(engine, before);
  });
});

test("the engine leaves no process of its own behind", () => {
  const comm = readFileSync(`/proc/${process.pid}/comm`, "latin1").trim();
  expect(before.processes.filter((line) => line.includes(BINARY) && !line.includes(comm))).toEqual([]);
});
