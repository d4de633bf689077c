/** User namespaces: whose the processes and files are, inside and on the host, and that nobody shares ids unasked. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { host, openEngine, setting } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { USER } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { json, ok, pw } = engine;
const MAPS = ["--uidmap", "0:200000:5000"] as const;
const POD = `apiVersion: v1
kind: Pod
metadata: {name: own}
spec:
  hostUsers: false
  terminationGracePeriodSeconds: 0
  containers: [{name: a, image: busybox, command: [sleep, '1000']}]
`;
let before: HostState;
let work: string;

interface Inspected {
  readonly HostConfig: {
    readonly UsernsMode: string;
    readonly IDMappings: { readonly UidMap: readonly string[]; readonly GidMap: readonly string[] };
  };
}

async function inspected(name: string): Promise<Inspected["HostConfig"]> {
  const [found] = (await json("container", "inspect", name)) as Inspected[];
  if (found === undefined) throw new Error(`no container ${name}`);
  return found.HostConfig;
}

/** The suite's mount namespace is its own. */
async function giveIds(): Promise<void> {
  const path = join(work, "subid");
  writeFileSync(path, "containers:1000000:5000\n");
  for (const file of ["/etc/subuid", "/etc/subgid"]) await host("mount", "--bind", path, file);
}

beforeAll(async () => {
  await warmUp(engine);
  work = mkdtempSync(join(setting("WORK"), "userns-"));
  if (USER === undefined) await giveIds();
  // What stays of the first secret and the first pod of Kubernetes is there before.
  await ok("secret", "create", "warm", "/etc/passwd");
  await ok("secret", "rm", "warm");
  writeFileSync(join(work, "pod.yaml"), POD);
  await ok("kube", "play", "--userns", "host", join(work, "pod.yaml"));
  await ok("kube", "down", join(work, "pod.yaml"));
  before = await hostState(engine);
});

afterAll(async () => {
  if (USER === undefined) for (const file of ["/etc/subuid", "/etc/subgid"]) await host("umount", file);
  await expectCleanEnd(engine, before);
});

describe.skipIf(USER !== undefined)("a container in a user namespace", () => {
  test("is root inside and nobody's on the host; network, /sys and /dev/shm are its own", async () => {
    const script =
      "id -u; cat /proc/self/uid_map; stat -c %u:%a /dev/shm /etc/hosts /etc/resolv.conf /; touch /mine; ls /sys >/dev/null && ip link set lo down && echo net";
    const shell = ["sh", "-c", `${script}; sleep 1000`];
    const id = await ok("run", "-d", "--cap-add", "net_admin", ...MAPS, "busybox", ...shell);
    const pid = await ok("inspect", "-f", "{{.State.Pid}}", id);
    const said = async (): Promise<string> => await ok("logs", id);
    await waitFor("it to come to pass", async () => (await said()).includes("net"));
    expect((await said()).split("\n").map((line) => line.trim().replace(/\s+/g, " "))).toEqual([
      "0",
      "0 200000 5000",
      "0:1777",
      "0:644",
      "0:644",
      "0:755",
      "net",
    ]);
    expect(statSync(`/proc/${pid}/root/mine`).uid).toBe(200_000);
    expect(await inspected(id)).toMatchObject({
      UsernsMode: "private",
      IDMappings: { UidMap: ["0:200000:5000"], GidMap: ["0:200000:5000"] },
    });
    expect(await ok("exec", id, "id", "-u")).toBe("0");
    await ok("rm", "-f", "-t0", id);
    await expectAsBefore(engine, before);
  });

  test("has files that keep the owners seen inside: commit, export, cp, another range", async () => {
    const id = await ok(
      "run",
      "-d",
      "--userns",
      "auto",
      "busybox",
      "sh",
      "-c",
      "touch /f; chown 7:8 /f; sleep 1000",
    );
    await waitFor(
      "it to come to pass",
      async () => (await pw("exec", id, "stat", "-c", "%u", "/f")).stdout === "7\n",
    );
    const from = join(work, "file");
    writeFileSync(from, "content");
    await ok("cp", from, `${id}:/in`);
    expect(await ok("exec", id, "stat", "-c", "%u:%g", "/f", "/in")).toBe("7:8\n0:0");
    const image = "localhost/userns-commit";
    await ok("commit", "-q", "--squash", id, image);
    expect(await ok("run", "--rm", ...MAPS, image, "stat", "-c", "%u:%g", "/f")).toBe("7:8");
    const listed = await host(
      "sh",
      "-c",
      `${engine.argv.join(" ")} export ${id} | tar tv --numeric-owner -f -`,
    );
    expect(listed).toMatch(/ 7\/8 .* f\n/);
    await ok("rm", "-f", "-t0", id);
    await ok("rmi", "-f", image);
    await expectAsBefore(engine, before);
  });

  test("shares its ids with no other one; what too many would need is refused", async () => {
    const names = ["one", "two", "three"];
    await Promise.all(
      names.map(async (name) => await ok("create", "--name", name, "--userns", "auto:size=1500", "busybox")),
    );
    const first = await Promise.all(names.map(async (name) => (await inspected(name)).IDMappings.UidMap[0]));
    expect(new Set(first)).toEqual(new Set(["0:1000000:1500", "0:1001500:1500", "0:1003000:1500"]));
    const refused = await pw("create", "--userns", "auto:size=1500", "busybox");
    expect([refused.code, refused.stderr]).toEqual([
      125,
      expect.stringContaining("not find enough available IDs"),
    ]);
    const freed = (await inspected("two")).IDMappings;
    await ok("rm", "two");
    await ok("container", "clone", "one", "two");
    expect((await inspected("two")).IDMappings).toEqual(freed);
    await ok("rm", ...names);
    await expectAsBefore(engine, before);
  });

  test("is given volumes by :U, and secrets", async () => {
    const volume = join(work, "volume");
    mkdirSync(volume, { recursive: true });
    await ok("secret", "create", "word", join(work, "subid"));
    const seen = await ok(
      ...[
        "run",
        "--rm",
        ...MAPS,
        "-v",
        `${volume}:/v:U`,
        "--secret",
        "word,mode=0400,uid=5",
        "-u",
        "5",
      ].concat(["busybox", "sh", "-c", "touch /v/f; cat /run/secrets/word"]),
    );
    expect(seen).toContain("containers:");
    expect(statSync(`${volume}/f`).uid).toBe(200_005);
    await ok("secret", "rm", "word");
    await expectAsBefore(engine, before);
  });

  test("idmap shows a directory's owners as they are on the disk, and keeps them so", async () => {
    const shown = join(work, "idmapped");
    mkdirSync(shown, { recursive: true });
    writeFileSync(join(shown, "old"), "");
    const script = "stat -c %u:%g /v/old; touch /v/new; chown 5:6 /v/new";
    const mapped = ["run", "--rm", ...MAPS, "-v", `${shown}:/v:idmap`, "busybox", "sh", "-c", script];
    expect(await ok(...mapped)).toBe("0:0");
    const { uid, gid } = statSync(join(shown, "new"));
    expect([uid, gid]).toEqual([5, 6]);
    const own = `${shown}:/v:idmap=uids=0-7-1;gids=0-8-1`;
    expect(await ok("run", "--rm", "-v", own, "busybox", "stat", "-c", "%u:%g", "/v/old")).toBe("7:8");
    const { stderr } = await pw("run", "--rm", "-v", `${shown}:/v:idmap`, "busybox", "true");
    expect(stderr).toContain("has no user namespace of its own");
    await expectAsBefore(engine, before);
  });

  test("says what is wrong", async () => {
    const wrong = [
      [["--userns", "nomap"], "nomap is only supported in rootless mode"],
      [["--userns", "bogus"], "unrecognized namespace mode bogus passed"],
      [["--userns", "auto", ...MAPS], "--userns and --uidmap cannot be set together"],
      [["--uidmap", "0:1:5", "--uidmap", "3:9:5"], "overlap"],
      [["--subuidname", "nobody-has-it"], "no subuid ranges found"],
      [["--userns", "ns:/nowhere"], "/nowhere"],
      [[...MAPS, "-u", "6000"], "has no uid 6000"],
    ] as const;
    for (const [flags, text] of wrong) {
      const { code, stderr } = await pw("run", "--rm", ...flags, "busybox", "true");
      expect([flags, stderr]).toEqual([flags, expect.stringContaining(text)]);
      expect(code).not.toBe(0);
    }
    await expectAsBefore(engine, before);
  });
});

describe.skipIf(USER !== undefined)("a pod in a user namespace", () => {
  test("shares it, its network and its PID namespace with all members", async () => {
    await ok("pod", "create", "--name", "mapped", "--userns", "auto:size=2000", "--share", "+pid");
    const id = await ok("run", "-d", "--pod", "mapped", "busybox", "sleep", "1000");
    const namespaces = "for n in user net ipc pid; do readlink /proc/self/ns/$n; done; echo x >/dev/shm/$$";
    const [one, two] = [
      await ok("exec", id, "sh", "-c", namespaces),
      await ok("run", "--rm", "--pod", "mapped", "busybox", "sh", "-c", namespaces),
    ];
    expect(one).toBe(two);
    expect((await inspected(id)).IDMappings.UidMap).toEqual(["0:1000000:2000"]);
    await ok("pod", "stop", "-t0", "mapped");
    await ok("pod", "start", "mapped");
    expect(await ok("exec", id, "cat", "/proc/sys/net/ipv4/ping_group_range")).toBe("0\t0");
    const conflict = await pw("run", "--pod", "mapped", ...MAPS, "busybox");
    expect(conflict.stderr).toContain("cannot specify a new uid/gid map");
    await ok("pod", "rm", "-f", "-t0", "mapped");
    await expectAsBefore(engine, before);
  });

  test("is what hostUsers: false of kube play makes", async () => {
    const path = join(work, "pod.yaml");
    const refused = await pw("kube", "play", path);
    // The range above is too small for what a pod is given.
    expect(refused.stderr).toContain("not find enough available IDs");
    await ok("kube", "play", "--userns", "auto:size=100", path);
    const map = await ok("exec", "own-a", "cat", "/proc/self/uid_map");
    expect(map.trim().split(/\s+/)).toEqual(["0", "1000000", "100"]);
    await ok("kube", "down", path);
    expect(readFileSync("/etc/subuid", "utf8")).toContain("containers");
    await expectAsBefore(engine, before);
  });
});
