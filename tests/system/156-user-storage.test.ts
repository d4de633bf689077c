/** An ordinary user's storage: whose it is, who mounts it, what a reboot and a reset leave of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { type Engine, execute, host, openEngine, type Result, setting, succeed } from "./engine.ts";
import { asUser, FIRST_ID, theUser } from "./user.ts";
import { waitFor } from "./waiting.ts";

const user = theUser();
const ALONE = ["--network", "none"] as const;
const FUSE = existsSync("/usr/bin/fuse-overlayfs") && existsSync("/dev/fuse");

function mine(path: string, mode = 0o755): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  chownSync(path, user.uid, user.gid);
  return path;
}

/** By the places that the environment names, no options. */
function withHome(variables: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Result> {
  const given = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const program = openEngine().argv.slice(asUser(user).length)[0] ?? "";
  return execute([...asUser(user), ...given, program, ...args], { cwd: user.home });
}

/** Command names of the user's processes, zombies aside. */
async function running(): Promise<string[]> {
  const lines = (await execute(["ps", "-u", String(user.uid), "-o", "stat=,comm="])).stdout.split("\n");
  return lines.filter((line) => !/^(Z|$)/.test(line)).map((line) => line.trim().split(/\s+/)[1] ?? "");
}

describe("whose it is", () => {
  test("the store is the user's alone, whatever was there and whatever the umask", async () => {
    const data = mine(join(user.home, "wide"), 0o777);
    const store = mine(join(data, "podwright"), 0o777);
    succeed(await withHome({ XDG_DATA_HOME: data }, "volume", "create", "any"));
    expect((statSync(store).mode & 0o777).toString(8)).toBe("700");
    rmSync(data, { recursive: true });
    const loose = ["sh", "-c", 'umask 0; exec "$@"', "sh"];
    const argv = openEngine("loose").argv;
    const [program = "", ...rest] = argv.slice(asUser(user).length);
    succeed(await execute([...asUser(user), ...loose, program, ...rest, "volume", "create", "any"]));
    expect((statSync(join(user.home, "loose")).mode & 0o777).toString(8)).toBe("700");
    const runRoot = openEngine("loose").runRoot;
    const listed = await openEngine("loose").ok("unshare", "stat", "-c", "%a", runRoot);
    expect(listed).toBe("700");
    rmSync(join(user.home, "loose"), { recursive: true });
  });

  test("another's directory is refused in one line, and a relative path counts as none", async () => {
    const others = join(setting("WORK"), "others");
    mkdirSync(join(others, "podwright"), { recursive: true });
    for (const path of [others, join(others, "podwright")]) chmodSync(path, 0o777);
    const refused = await withHome({ XDG_DATA_HOME: others }, "ps");
    expect([refused.code, refused.stderr]).toEqual([
      125,
      `Error: cannot use ${others}/podwright as store: it belongs to another user\nset XDG_DATA_HOME, or --root, to a directory of yours\n`,
    ]);
    expect(readdirSync(join(others, "podwright"))).toEqual([]);
    const usual = await withHome({ XDG_DATA_HOME: "here" }, "info", "-f", "{{.Store.GraphRoot}}");
    expect(succeed(usual)).toBe(join(user.home, ".local/share/podwright"));
  });

  test("owners are the subordinate ids on disk, and the container's own in archives", async () => {
    const { ok, argv, root } = openEngine();
    await ok("run", "--name", "owners", ...ALONE, "-u", "1000:1000", "busybox", "touch", "/tmp/file");
    const id = await ok("inspect", "-f", "{{.Id}}", "owners");
    expect(statSync(join(root, "containers", id, "upper/tmp/file")).uid).toBe(FIRST_ID + 999);
    const list = "tar --numeric-owner -tvf - | grep tmp/file";
    const exported = await host("sh", "-c", `"$@" | ${list}`, "sh", ...argv, "export", "owners");
    expect(exported).toContain(" 1000/1000 ");
    await ok("commit", "-q", "owners", "localhost/owners");
    expect(await ok("run", "--rm", ...ALONE, "localhost/owners", "stat", "-c", "%u:%g", "/tmp/file")).toBe(
      "1000:1000",
    );
    await ok("rm", "owners");
    await ok("rmi", "localhost/owners");
  });

  test("mounts are refused outside of the user's namespaces", async () => {
    const { pw } = openEngine();
    for (const verb of [["mount"], ["image", "mount"], ["volume", "mount", "v"]]) {
      const { code, stderr } = await pw(...verb);
      expect([code, stderr]).toEqual([
        125,
        expect.stringContaining("in rootless mode, must execute `podwright unshare` first"),
      ]);
    }
  });
});

describe.skipIf(!FUSE)("where the kernel cannot mount", () => {
  const below = join(user.home, "on-overlay");
  let engine: Engine;

  async function fuses(): Promise<number[]> {
    const found = await execute(["pgrep", "-u", String(user.uid), "fuse-overlayfs"]);
    return found.stdout
      .split("\n")
      .filter((pid) => {
        return pid !== "" && readFileSync(`/proc/${pid}/cmdline`, "latin1") !== "";
      })
      .map(Number);
  }

  beforeAll(async () => {
    // The user's mount namespace is made anew, with this in it: no overlay is written to on an overlay.
    await openEngine().ok("system", "migrate");
    for (const name of ["lower", "upper", "work", "merged"]) mine(join(below, name));
    const options = ["lower", "upper", "work"].map((name) => `${name}dir=${join(below, name)}`).join(",");
    await host("mount", "-t", "tmpfs", "tmpfs", below);
    for (const name of ["lower", "upper", "work", "merged"]) mine(join(below, name));
    await host("mount", "-t", "overlay", "overlay", "-o", options, join(below, "merged"));
    engine = openEngine("on-overlay/merged/store");
    await engine.ok("pull", "-q", "busybox");
  });

  afterAll(async () => {
    await engine.pw("system", "reset", "-f");
    for (const path of [join(below, "merged"), below]) await host("umount", "-l", path);
    rmSync(below, { recursive: true });
  });

  test("fuse-overlayfs does, and `info` says so", async () => {
    const { ok } = engine;
    const change = "rm /bin/false; rm -r /home; mkdir /home; echo new > /home/new; grep ' / ' /proc/mounts";
    expect(await ok("run", "--name", "changes", ...ALONE, "busybox", "sh", "-c", change)).toStartWith(
      "fuse-overlayfs ",
    );
    expect(await ok("diff", "changes")).toContain("D /bin/false");
    await ok("commit", "-q", "changes", "localhost/changed");
    const look = "ls /home; ls /bin/false || true";
    const seen = await engine.run(["run", "--rm", ...ALONE, "localhost/changed", "sh", "-c", look]);
    expect([seen.stdout, seen.stderr]).toEqual(["new\n", expect.stringContaining("No such file")]);
    expect(await ok("info", "-f", '{{index .Store.GraphStatus "Native Overlay Diff"}}')).toBe("false");
    const kept = ["--userns", "keep-id", "busybox", "id", "-u"];
    expect(await ok("run", "--rm", ...ALONE, ...kept)).toBe(String(user.uid));
    await ok("rm", "changes");
    await waitFor("the programs' end", async () => (await fuses()).length === 0 || undefined);
  });

  test("a killed one is no hindrance to the next start, nor to the removal", async () => {
    const { ok } = engine;
    await ok("run", "-d", "--name", "cut", ...ALONE, "busybox", "sleep", "1000");
    for (const step of [
      ["stop", "-t", "0", "cut"],
      ["rm", "-f", "-t", "0", "cut"],
    ]) {
      for (const pid of await fuses()) process.kill(pid, "SIGKILL");
      await ok(...step);
      if (step[0] !== "stop") continue;
      await ok("start", "cut");
      expect(await ok("exec", "cut", "echo", "well")).toBe("well");
    }
    expect(await fuses()).toEqual([]);
    expect(await ok("unshare", "grep", "-c", "fuse-overlayfs", "/proc/self/mounts").catch(() => "0")).toBe(
      "0",
    );
  });
});

describe("a boot later", () => {
  const engine = openEngine("rebooted");
  const { ok, pw } = engine;

  test("what ran has exited, and starts again", async () => {
    await ok("pull", "-q", "busybox");
    await ok("run", "-d", "--name", "one", ...ALONE, "busybox", "sleep", "1000");
    await ok("run", "-d", "--pod", "new:pod", "--name", "member", "busybox", "sleep", "1000");
    await host("sh", "-c", `pkill -KILL -u ${user.uid}; pkill -KILL -u ${FIRST_ID + 999}; true`);
    await waitFor("the processes' end", async () => (await running()).length === 0 || undefined);
    for (const name of readdirSync(user.runtime)) rmSync(join(user.runtime, name), { recursive: true });
    const listed = await ok("ps", "-a", "--format", "{{.Names}} {{.Status}}");
    expect(listed.split("\n").filter((line) => !line.includes("Exited"))).toEqual([]);
    await ok("start", "one");
    await ok("pod", "start", "pod");
    expect(await ok("exec", "member", "echo", "well")).toBe("well");
  });

  test("migrate stops all, and the next command has new namespaces", async () => {
    await ok("stop", "-t", "0", "one", "member");
    await ok("system", "migrate");
    await waitFor("the processes' end", async () => (await running()).length === 0 || undefined);
    expect(await ok("ps", "-q")).toBe("");
  });

  test("reset leaves nothing, files of subordinate ids neither", async () => {
    await ok("run", ...ALONE, "-u", "1000", "-v", "kept:/tmp", "busybox", "touch", "/tmp/theirs");
    await ok("run", "-d", "--pod", "pod", "busybox", "sleep", "1000");
    expect((await pw("system", "reset", "-f")).code).toBe(0);
    expect(existsSync(engine.root)).toBe(false);
    await waitFor("the processes' end", async () => (await running()).length === 0 || undefined);
    expect(readdirSync(user.runtime).filter((name) => !name.endsWith(".lock"))).toEqual([]);
  });
});
