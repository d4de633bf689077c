/** What holds for an ordinary user alone: the way in, whose files are whose, and what must fail. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Engine, execute, host, openEngine, type Result } from "./engine.ts";
import { asUser, FIRST_ID, theUser } from "./user.ts";
import { waitFor } from "./waiting.ts";

const user = theUser();
const engine = openEngine();
const { ok, pw } = engine;
/** Of the image's containers alone. */
const ALONE = ["--network", "none"] as const;

function asThem(...argv: readonly string[]): Promise<Result> {
  return execute([...asUser(user), ...argv], { cwd: user.home });
}

/** The processes that hold namespaces for the user. */
function holders(): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
      return /^(\S*catatonit -P|sleep infinity) $/.test(line) && statSync(`/proc/${pid}`).uid === user.uid;
    } catch {
      return false;
    }
  });
}

function ownerOf(path: string): string {
  const { uid, gid } = statSync(path);
  return `${uid}:${gid}`;
}

beforeAll(async () => {
  await ok("pull", "-q", "busybox");
});

afterAll(async () => {
  await pw("rm", "-f", "-t", "0", "-a");
});

describe("the way in", () => {
  test("commands at once share one holder, and later ones use it", async () => {
    await Promise.all(Array.from({ length: 4 }, () => ok("ps")));
    const [holder, ...more] = holders();
    expect(more).toEqual([]);
    await ok("ps");
    expect(holders()).toEqual([String(holder)]);
  });

  test("the whole range is mapped, and the command is root inside", async () => {
    const map = await ok("unshare", "cat", "/proc/self/uid_map");
    expect(map.split("\n").map((line) => line.trim().split(/\s+/))).toEqual([
      ["0", String(user.uid), "1"],
      ["1", String(FIRST_ID), "65536"],
    ]);
    expect(await ok("unshare", "id", "-u")).toBe("0");
    expect(await ok("info", "-f", "{{.Host.Security.Rootless}}")).toBe("true");
  });

  test("working directory, input, exit code and signals are those of a direct start", async () => {
    const directory = join(user.home, "a place");
    mkdirSync(directory, { recursive: true });
    expect(await ok("unshare", "true")).toBe("");
    const inside = await engine.run(["unshare", "pwd"], { cwd: directory });
    expect(inside.stdout).toBe(`${directory}\n`);
    expect((await engine.run(["unshare", "cat"], { stdin: "through" })).stdout).toBe("through");
    expect((await pw("unshare", "sh", "-c", "exit 7")).code).toBe(7);
    expect((await pw("run", "--rm", ...ALONE, "busybox", "sh", "-c", "exit 9")).code).toBe(9);
  });

  test("a holder that was killed leaves running containers within reach", async () => {
    await ok("run", "-d", "--name", "stays", ...ALONE, "busybox", "sleep", "1000");
    const [holder] = holders();
    process.kill(Number(holder), "SIGKILL");
    await waitFor("the holder's end", async () => !existsSync(`/proc/${holder}/exe`) || undefined);
    expect(await ok("ps", "--format", "{{.Names}}")).toBe("stays");
    expect(await ok("exec", "stays", "id", "-u")).toBe("0");
    expect(holders()).toHaveLength(1);
    await ok("rm", "-f", "-t", "0", "stays");
  });

  test("without XDG_RUNTIME_DIR, as after su, it is the same place", async () => {
    const bare = [
      "setpriv",
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      "--init-groups",
      "--",
      "env",
      "-i",
    ];
    const program = engine.argv.slice(asUser(user).length);
    const result = await execute([
      ...bare,
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
      "HOME=/root",
      ...program,
      "ps",
    ]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(holders()).toHaveLength(1);
  });
});

describe("whose files are whose", () => {
  const shared = join(user.home, "shared-files");

  beforeAll(async () => {
    await asThem("mkdir", "-p", shared);
    await asThem("chmod", "777", shared);
  });

  function inContainer(...args: readonly string[]): Promise<string> {
    return ok("run", "--rm", ...ALONE, "-v", `${shared}:/shared`, ...args);
  }

  test("what root makes inside is the user's on the host", async () => {
    await inContainer("busybox", "sh", "-c", "echo mine > /shared/by-root");
    expect(ownerOf(join(shared, "by-root"))).toBe(`${user.uid}:${user.gid}`);
    expect((await asThem("cat", join(shared, "by-root"))).stdout).toBe("mine\n");
  });

  test("what uid 1000 makes inside is the mapped subordinate id's", async () => {
    await inContainer("-u", "1000:1000", "busybox", "sh", "-c", "echo theirs > /shared/by-1000");
    expect(ownerOf(join(shared, "by-1000"))).toBe(`${FIRST_ID + 999}:${FIRST_ID + 999}`);
    expect(await ok("unshare", "stat", "-c", "%u:%g", join(shared, "by-1000"))).toBe("1000:1000");
  });

  test("what the user makes on the host is root's inside; what others own is nobody's", async () => {
    await asThem("sh", "-c", `echo hello > ${shared}/from-host`);
    writeFileSync(join(shared, "from-root"), "");
    chmodSync(join(shared, "from-root"), 0o644);
    expect(await inContainer("busybox", "stat", "-c", "%u", "/shared/from-host")).toBe("0");
    expect(await inContainer("busybox", "stat", "-c", "%u", "/shared/from-root")).toBe("65534");
  });

  test("cp out of a container gives files to the user", async () => {
    await ok("create", "--name", "source", ...ALONE, "busybox", "true");
    await ok("cp", "source:/bin/busybox", join(user.home, "copied"));
    expect(ownerOf(join(user.home, "copied"))).toBe(`${user.uid}:${user.gid}`);
    await ok("rm", "source");
  });

  test("the store and the runtime directory are the user's alone", () => {
    expect(statSync(engine.root).uid).toBe(user.uid);
    for (const path of [join(user.home, ".local/share/podwright"), user.runtime]) {
      if (existsSync(path)) expect((statSync(path).mode & 0o077).toString(8)).toBe("0");
    }
  });
});

describe("the network", () => {
  /** Command names of the user's processes; zombies aside. */
  async function running(): Promise<string[]> {
    const lines = (await host("ps", "-u", user.name, "-o", "stat=,comm=")).split("\n");
    return lines.filter((line) => !line.startsWith("Z")).map((line) => line.trim().split(/\s+/)[1] ?? "");
  }

  test("published ports lead in by TCP and UDP, and pasta goes with the container", async () => {
    const ports = ["-p", "127.0.0.1:18080:80", "-p", "15353:53/udp"];
    const id = await ok("run", "-d", "--name", "web", ...ports, "busybox", "httpd", "-f", "-h", "/etc");
    expect(await ok("port", "web")).toBe("80/tcp -> 127.0.0.1:18080\n53/udp -> 0.0.0.0:15353");
    const page = await waitFor("the page", async () => {
      const { code, stdout } = await execute([
        "curl",
        "-s",
        "--max-time",
        "2",
        "http://127.0.0.1:18080/hosts",
      ]);
      return code === 0 ? stdout : undefined;
    });
    expect(page).toContain("192.0.2.2\t");
    const listen = ["socat", "-u", "UDP-RECVFROM:53", "STDOUT"];
    const netns = `${engine.runRoot}/sandboxes/${id}/net`;
    const heard = engine.run(["unshare", "nsenter", `--net=${netns}`, "timeout", "5", ...listen]);
    const talk = setInterval(
      () => void execute(["sh", "-c", "echo hello | socat - UDP:192.0.2.2:15353"]),
      200,
    );
    expect((await heard).stdout).toBe("hello\n");
    clearInterval(talk);
    expect((await running()).filter((name) => name.startsWith("pas")).length).toBe(1);
    await ok("rm", "-f", "-t", "0", "web");
    expect((await running()).filter((name) => name.startsWith("pas"))).toEqual([]);
  });

  test("what cannot be had is refused by name", async () => {
    using _taken = Bun.listen({ hostname: "0.0.0.0", port: 18_081, socket: { data() {} } });
    const refused = [
      [["-p", "18081:80"], /cannot publish port 18081\/tcp: address already in use/],
      [
        ["-p", "80:80"],
        /cannot publish port 80\/tcp: permission denied\n.*net\.ipv4\.ip_unprivileged_port_start/,
      ],
    ] as const;
    for (const [flags, why] of refused) {
      const { code, stderr } = await pw("run", "--rm", ...flags, "busybox", "true");
      expect([code === 0, stderr]).toEqual([false, expect.stringMatching(why)]);
    }
  });

  test("a killed pasta, and a killed start, leave what the next command takes away", async () => {
    await ok("run", "-d", "--name", "cut", "-p", "18082:80", "busybox", "sleep", "1000");
    await host("pkill", "-KILL", "-u", user.name, "pas");
    expect(await ok("exec", "cut", "id", "-u")).toBe("0");
    await ok("rm", "-f", "-t", "0", "cut");
    const start = Bun.spawn([...engine.argv, "run", "--rm", "-p", "18083:80", "busybox", "sleep", "1000"]);
    await waitFor("pasta", async () => (await running()).some((name) => name.startsWith("pas")) || undefined);
    start.kill("SIGKILL");
    await start.exited;
    await ok("rm", "-f", "-t", "0", "-a");
    await waitFor("pasta's end", async () => {
      return (await running()).every((name) => !name.startsWith("pas")) || undefined;
    });
  });
});

describe("what must fail", () => {
  test("a host directory that the user cannot read stays unread", async () => {
    const secret = join("/root", ".podwright-test-secret");
    writeFileSync(secret, "secret\n", { mode: 0o600 });
    try {
      const seen = await pw("run", "--rm", ...ALONE, "-v", `${secret}:/secret`, "busybox", "cat", "/secret");
      expect(seen.code).not.toBe(0);
      expect(seen.stdout).toBe("");
    } finally {
      await host("rm", secret);
    }
  });

  test("another user's store and namespaces are out of reach", async () => {
    const theirs: Engine["root"] = "/var/lib/podwright-of-root";
    mkdirSync(theirs, { recursive: true, mode: 0o700 });
    chmodSync(theirs, 0o700);
    try {
      const program = engine.argv.slice(asUser(user).length)[0] ?? "";
      const listed = await asThem(program, "--root", theirs, "--runroot", "/run/podwright-of-root", "ps");
      expect(listed.code).not.toBe(0);
      expect(readdirSync(theirs)).toEqual([]);
      expect((await pw("unshare", "nsenter", "-t", String(process.pid), "-n", "true")).code).not.toBe(0);
      expect((await pw("unshare", "nsenter", "-t", String(process.pid), "-m", "true")).code).not.toBe(0);
    } finally {
      await host("rm", "-r", theirs);
    }
  });

  test("--privileged gives no right on the host", async () => {
    const attempts = [
      "mknod /tmp/disk b 254 0 && cat /tmp/disk",
      "echo 1 > /proc/sys/kernel/panic",
      "mount -t ext4 /dev/vda /mnt",
      "reboot -f",
      "date -s 200101010000; test $(date +%Y) = 2001",
      "ls /proc/1/root",
    ];
    for (const attempt of attempts) {
      const rights = ["--privileged", "--pid", "host", "busybox", "sh", "-c"];
      const tried = await pw("run", "--rm", ...ALONE, ...rights, attempt);
      expect({ attempt, failed: tried.code !== 0 }).toEqual({ attempt, failed: true });
    }
    const caps = await ok(
      "run",
      "--rm",
      ...ALONE,
      "--cap-add",
      "all",
      "busybox",
      "cat",
      "/proc/self/uid_map",
    );
    expect(caps.trim().split(/\s+/).slice(0, 3)).toEqual(["0", String(user.uid), "1"]);
  });
});
