/** Several ordinary users and root on one machine: each in a place of its own, found from any login. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { execute, host, openEngine, type Result } from "./engine.ts";
import {
  addUser,
  forgetUsers,
  holderOf,
  killHolder,
  type OrdinaryUser,
  prepareForUsers,
} from "./ordinary-user.ts";
import { waitFor } from "./waiting.ts";

const UID = 4201;
const SUBIDS = 1_000_000;
const OTHER_UID = 4202;
let ada: OrdinaryUser;
let bob: OrdinaryUser;

beforeAll(async () => {
  await prepareForUsers();
  ada = await addUser("ada", UID, SUBIDS);
  bob = await addUser("bob", OTHER_UID, 2_000_000);
  await ada.ok("pull", "-q", "busybox");
});

afterAll(async () => {
  // The holders go with their users' stores.
  for (const user of [ada, bob]) await user.ok("system", "reset", "-f");
  await waitFor("the users' processes to end", async () => {
    expect(await processesOf(ada, bob)).toEqual([]);
    return true;
  });
  await forgetUsers();
});

/** Command lines of all that runs as one of these or as an id of theirs; zombies aside. */
async function processesOf(...users: readonly OrdinaryUser[]): Promise<readonly string[]> {
  const ids = new Set(users.map(({ uid }) => String(uid)));
  const lines = (await host("ps", "-eo", "uid=,stat=,args="))
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([uid = "", stat = ""]) => (ids.has(uid) || Number(uid) >= SUBIDS) && !stat.startsWith("Z"))
    .map((words) => words.slice(2).join(" "));
}

const run = (...args: readonly string[]): Promise<Result> => ada.pw("run", "--network", "none", ...args);

describe("the way in", () => {
  test("all subordinate ids are mapped, and info says whose engine it is", async () => {
    const maps = (await ada.ok("unshare", "cat", "/proc/self/uid_map"))
      .split("\n")
      .map((line) => line.trim().split(/\s+/));
    expect(maps).toEqual([
      ["0", String(UID), "1"],
      ["1", String(SUBIDS), "65536"],
    ]);
    const format = "{{.Host.Security.Rootless}} {{.Store.GraphRoot}} {{.Store.RunRoot}}";
    expect(await ada.ok("info", "--format", format)).toBe(
      `true ${ada.home}/.local/share/podwright ${ada.runtime}/podwright`,
    );
  });

  test("the pid, standard input, exit code, signals, directory and name are as if nothing were in between", async () => {
    const shell = (script: string): Promise<Result> => ada.run(["sh", "-c", script]);
    const same = await shell("podwright unshare sh -c 'echo $$' & echo $!; wait");
    expect(new Set(same.stdout.trim().split("\n")).size).toBe(1);
    const piped = await shell(
      "mkdir -p here; cd here; echo word | podwright unshare sh -c 'cat; pwd; exit 7'",
    );
    expect(piped).toMatchObject({ stdout: `word\n${ada.home}/here\n`, code: 7 });
    expect((await shell("podwright unshare sh -c 'kill -TERM $$'")).code).toBe(143);
    await shell("ln -s $(command -v podwright) podman");
    expect((await shell("./podman nosuch")).stderr).toContain("unrecognized command `podman nosuch`");
    expect((await ada.pw("unshare", "no-such-program")).code).toBe(127);
  });

  test("all logins meet in the same namespaces: with little in the environment, after su, within them", async () => {
    const link = ["readlink", "/proc/self/ns/user"];
    const namespace = await ada.ok("unshare", ...link);
    const env = ["env", "-u", "XDG_RUNTIME_DIR", "-u", "USER", "HOME=/root"];
    const bare = await ada.run([...env, "podwright", "unshare", ...link]);
    expect(bare.stdout.trim()).toBe(namespace);
    const kept = [
      "env",
      `XDG_RUNTIME_DIR=${bob.runtime}`,
      "podwright",
      "unshare",
      "sh",
      "-c",
      "echo $HOME; readlink /proc/self/ns/user",
    ];
    expect((await ada.run(kept)).stdout).toBe(`${ada.home}\n${namespace}\n`);
    expect(await ada.ok("unshare", "podwright", "unshare", ...link)).toBe(namespace);
    const lost = await ada.run(["podwright", "unshare", "pwd"], { cwd: "/root" });
    expect(lost).toMatchObject({ stdout: "/\n", code: 0 });
    expect(lost.stderr).toBe("Warning: cannot enter /root (EACCES): relative paths begin at /\n");
  });

  test("first commands at once make one holder", async () => {
    await bob.ok("ps");
    await killHolder(bob);
    const all = await Promise.all(
      Array.from({ length: 4 }, () => bob.ok("unshare", "readlink", "/proc/self/ns/user")),
    );
    expect(new Set(all).size).toBe(1);
    expect(await processesOf(bob)).toHaveLength(1);
  });

  test("containers outlive the holder, and are found again", async () => {
    await ada.ok("run", "-d", "--name", "outlives", "--network", "none", "busybox", "sleep", "1000");
    await killHolder(ada);
    expect(await ada.ok("ps", "--format", "{{.Names}} {{.State}}")).toBe("outlives running");
    expect(await ada.ok("exec", "outlives", "echo", "in")).toBe("in");
    await ada.ok("rm", "-f", "-t", "0", "outlives");
  });

  test("what is missing is named, with what to do", async () => {
    await killHolder(bob);
    writeFileSync("/run/broken", "");
    await host("mount", "--bind", "/run/broken", "/usr/bin/newuidmap");
    try {
      expect((await bob.pw("ps")).stderr).toContain("/usr/bin/newuidmap");
      expect((await bob.pw("ps", "--help")).code).toBe(0);
    } finally {
      await host("umount", "/usr/bin/newuidmap");
    }
    const bound = await execute([
      "setpriv",
      "--no-new-privs",
      "--reuid",
      String(OTHER_UID),
      "env",
      `HOME=${bob.home}`,
      "/run/podwright-programs/podwright",
      "ps",
    ]);
    expect(bound.stderr).toContain("no_new_privs");
    await bob.ok("ps");
  });

  test("system migrate stops all and lets new ranges count", async () => {
    await ada.ok(
      "run",
      "-d",
      "--name",
      "stops",
      "--stop-timeout",
      "0",
      "--network",
      "none",
      "busybox",
      "sleep",
      "1000",
    );
    await ada.ok("system", "migrate");
    await waitFor("the end of all", async () => (await processesOf(ada)).length === 0 || undefined);
    for (const file of ["/etc/subuid", "/etc/subgid"]) appendFileSync(file, "ada:3000000:10\n");
    expect((await ada.ok("unshare", "cat", "/proc/self/uid_map")).split("\n")).toHaveLength(3);
    expect(await ada.ok("ps", "-a", "--format", "{{.Names}} {{.State}}")).toBe("stops exited");
    await ada.ok("start", "stops");
    await ada.ok("rm", "-f", "-t", "0", "stops");
  });

  test("root who inherits a user's environment stays root", async () => {
    const env = { _PODWRIGHT_ROOTLESS_UID: String(UID), _PODWRIGHT_ENTRY: '{"name":"x","cwd":"/etc"}' };
    const { stderr, code } = await execute(["/run/podwright-programs/podwright", "unshare", "true"], { env });
    expect(code).toBe(125);
    expect(stderr).toStartWith("Error: please use unshare with rootless");
  });
});

describe("containers", () => {
  test("exec, logs, commit, save, load, pods and the host's own namespaces", async () => {
    await ada.ok("pod", "create", "--name", "pod", "--network", "none", "--share", "net,ipc,uts,pid");
    await ada.ok(
      "run",
      "-d",
      "--pod",
      "pod",
      "--name",
      "member",
      "busybox",
      "sh",
      "-c",
      "echo said; touch /new; sleep 1000",
    );
    expect(await ada.ok("exec", "member", "hostname")).toBe("pod");
    // Without a cgroup its processes are those that see its mounts.
    expect(await ada.ok("top", "member", "args")).toContain("sleep 1000");
    expect((await ada.ok("pod", "top", "pod", "args")).split("\n")).toContain("sleep 1000");
    expect((await ada.pw("stats", "--no-stream", "member")).stderr).toContain("without cgroups v2");
    await waitFor("the log", async () => (await ada.ok("logs", "member")) === "said" || undefined);
    await ada.ok("commit", "-q", "member", "localhost/changed");
    await ada.ok("save", "-q", "-o", `${ada.home}/changed.tar`, "localhost/changed");
    await ada.ok("rmi", "localhost/changed");
    await ada.ok("load", "-q", "-i", `${ada.home}/changed.tar`);
    expect(await run("--rm", "localhost/changed", "ls", "/new")).toMatchObject({ stdout: "/new\n" });
    await ada.ok("rmi", "localhost/changed");
    await ada.ok("pod", "rm", "-f", "-t", "0", "pod");
    for (const kind of ["pid", "ipc", "uts"]) {
      const [own, hosts] = [
        await run("--rm", `--${kind}=host`, "busybox", "readlink", `/proc/self/ns/${kind}`),
        await host("readlink", `/proc/self/ns/${kind}`),
      ];
      expect(own).toMatchObject({ stdout: `${hosts}\n`, code: 0 });
    }
  });

  test("mounts are made within unshare, where they are seen", async () => {
    const refused = await ada.pw("image", "mount", "busybox");
    expect(refused.code).toBe(125);
    expect(refused.stderr).toContain("must execute `podwright unshare` first");
    expect((await ada.pw("image", "mount", "--help")).code).toBe(0);
    expect(await run("--rm", "busybox", "mount")).toMatchObject({ code: 0 });
    const script = 'ls "$(podwright image mount busybox)/bin/busybox" && podwright image unmount busybox';
    expect((await ada.pw("unshare", "sh", "-c", script)).code).toBe(0);
  });

  test("a limit that cannot be had is refused by name, or let go when that is accepted", async () => {
    const refused = await run("--rm", "--memory", "64m", "--pids-limit", "5", "busybox", "true");
    expect(refused.code).toBe(125);
    expect(refused.stderr).toStartWith(
      "Error: --memory, --pids-limit cannot be applied: this user has no cgroups",
    );
    const accepted = await run("--rm", "--cgroups=disabled", "--memory", "64m", "busybox", "true");
    expect(accepted.code).toBe(0);
    expect(accepted.stderr).toContain("--memory not applied");
  });

  test("a manifest's requests are let go with a warning, its limits refused at their place", async () => {
    const path = `${ada.home}/resources.yaml`;
    const play = async (resources: string): ReturnType<typeof ada.pw> => {
      const pod = `{name: c, image: busybox, imagePullPolicy: Never, command: [sleep, "1000"], resources: ${resources}}`;
      const head = "apiVersion: v1\nkind: Pod\nmetadata: {name: asks}\n";
      writeFileSync(path, `${head}spec:\n  terminationGracePeriodSeconds: 0\n  containers:\n  - ${pod}\n`);
      return ada.pw("kube", "play", "--network", "none", path);
    };
    const refused = await play("{limits: {memory: 64Mi}}");
    expect(refused.code).toBe(125);
    expect(refused.stderr).toMatch(/resources\.yaml:7:\d+: error: memory cannot be limited: /);
    expect(await ada.ok("pod", "ps", "-q")).toBe("");
    const played = await play("{requests: {cpu: 100m, memory: 64Mi}}");
    expect(played.code).toBe(0);
    expect(played.stderr.match(/: warning: (cpu|memory) is not set apart: /g)).toHaveLength(2);
    expect(await ada.ok("pod", "ps", "--format", "{{.Status}}")).toBe("Running");
    await ada.ok("kube", "down", path);
  });
});

describe("what must not be", () => {
  test("all of a user's is the user's alone", async () => {
    for (const path of [`${ada.home}/.local/share/podwright`, ada.runtime]) {
      expect(statSync(path).mode & 0o777).toBe(0o700);
      expect((await bob.run(["ls", path])).code).not.toBe(0);
    }
    expect(await ada.ok("unshare", "stat", "-c", "%a", `${ada.runtime}/podwright`)).toBe("700");
    // Its mounts are in its own mount namespace.
    expect(readdirSync(`${ada.runtime}/podwright`)).toEqual([]);
    const join = await bob.run(["nsenter", "--user", "--mount", "--target", String(holderOf(ada)), "true"]);
    expect(join.code).not.toBe(0);
    writeFileSync(`${bob.runtime}/podwright.userns`, readFileSync(`${ada.runtime}/podwright.userns`));
    expect((await bob.pw("ps")).code).not.toBe(0);
    // Its own is found again without its note.
    await host("rm", `${bob.runtime}/podwright.userns`);
    await bob.ok("ps");
    expect(await processesOf(bob)).toHaveLength(1);
  });

  test("users and root do not see one another's objects", async () => {
    await ada.ok("run", "-d", "--name", "same", "--network", "none", "busybox", "sleep", "1000");
    expect(await bob.ok("ps", "-aq")).toBe("");
    expect(await bob.ok("images", "-q")).toBe("");
    expect(await openEngine().ok("ps", "-a", "--filter", "name=^same$", "-q")).toBe("");
    await ada.ok("rm", "-f", "-t", "0", "same");
  });
});
