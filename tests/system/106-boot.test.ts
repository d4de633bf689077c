/** A reboot, as far as it can be had without one: another boot id, an emptied run directory, no processes; and `system boot`. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, execute, host, makeOwn, openEngine, setting, writeOwn } from "./engine.ts";
import { expectCleanEnd, type HostState } from "./host-state.ts";
import { expectNoSupervisor } from "./supervisors.ts";
import { asUser, rootOnly, USER } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
const BOOT_ID = "/proc/sys/kernel/random/boot_id";
let before: HostState;

beforeAll(async () => {
  before = await warmUp(engine);
});

afterEach(async () => {
  await pw("pod", "rm", "-f", "-t", "0", "-a");
  await pw("rm", "-f", "-t", "0", "-a");
});

afterAll(async () => {
  if (boots > 0) {
    await execute(["umount", "--all-targets", BOOT_ID]);
    // The run directory is that of the present boot id again.
    await reboot(engine, { back: true });
    await warmUp(engine);
  }
  await expectCleanEnd(engine, before);
});

let boots = 0;

/** Ends everything of the store as the machine's end would, and gives the kernel's boot another id. */
async function reboot({ runRoot, root }: Engine, options: { readonly back?: boolean } = {}): Promise<void> {
  for (const pid of processesOf(runRoot)) kill(pid);
  await waitFor("all to be dead", () => processesOf(runRoot).length === 0 || undefined);
  for (const point of mountsBelow(root)) await execute(["umount", "-l", point]);
  await execute(["umount", "-l", "-R", runRoot]);
  rmSync(runRoot, { recursive: true, force: true });
  await waitFor("empty cgroups to go", async () => (await removeCgroups()) || undefined);
  await execute(["nft", "flush", "ruleset"]);
  if (options.back === true) return;
  boots += 1;
  const file = join(setting("WORK"), `boot-${boots}`);
  writeFileSync(file, `00000000-0000-4000-8000-${String(boots).padStart(12, "0")}\n`);
  await host("mount", "--bind", file, BOOT_ID);
}

/** conmon and the supervisor have the run directory in their command lines; a container's processes are conmon's children. */
function processesOf(runRoot: string): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const ours = all.filter((pid) => (read(`/proc/${pid}/cmdline`) ?? "").includes(runRoot));
  const inits = all.filter((pid) => (read(`/proc/${pid}/cgroup`) ?? "").includes("/podwright-"));
  return [...new Set([...ours, ...inits])].map(Number).filter((pid) => pid !== process.pid);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It went with another.
  }
}

function mountsBelow(directory: string): string[] {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => point.startsWith(`${directory}/`)).toReversed();
}

async function removeCgroups(): Promise<boolean> {
  const { stdout } = await execute(["nft", "list", "tables"]);
  const ids = [...stdout.matchAll(/[0-9a-f]{8}$/gm)].map(([id]) => id);
  for (const id of ids) {
    await execute([
      "find",
      "/sys/fs/cgroup",
      "-depth",
      "-type",
      "d",
      "-path",
      `*/podwright-${id}*`,
      "-exec",
      "rmdir",
      "{}",
      ";",
    ]);
  }
  return true;
}

const said = (name: string, format: string): Promise<string> => ok("inspect", "--format", format, name);
const run = (name: string, ...flags: readonly string[]): Promise<string> =>
  ok("run", "-d", "--name", name, ...flags, "busybox", "sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait");

const rebooted = rootOnly("another boot id is a mount over /proc, beside which no user may mount one");
rebooted.describe("after a reboot", () => {
  test("ps and inspect tell what was running; boot brings back what its policy asks for", async () => {
    await run("always", "--restart", "always");
    await run("unless", "--restart", "unless-stopped");
    await run("stopped", "--restart", "unless-stopped");
    await run("stopped-always", "--restart", "always");
    await run("none");
    await run("failure", "--restart", "on-failure");
    await ok("create", "--name", "never-ran", "--restart", "always", "busybox", "true");
    await ok("stop", "-t", "0", "stopped", "stopped-always");
    await reboot(engine);

    const rows = await ok("ps", "-a", "--format", "{{.Names}}: {{.Status}}");
    for (const name of ["always", "unless", "none", "failure"]) {
      expect(rows).toMatch(new RegExp(`^${name}: Exited \\(0\\) .* ago \\(with the machine\\)$`, "m"));
      expect(await said(name, "{{.State.Status}} {{.State.Error}}")).toBe("exited ended with the machine");
    }
    expect(rows).toMatch(/^stopped: Exited \(\d+\) [^(]* ago$/m);
    const filtered = await ok("ps", "-a", "--filter", "should-start-on-boot=true", "--format", "{{.Names}}");
    expect(filtered.split("\n").sort()).toEqual(["always", "never-ran", "stopped-always", "unless"]);

    const booted = await ok("system", "boot");
    expect(booted.split("\n")).toHaveLength(3);
    expect((await ok("ps", "--format", "{{.Names}}")).split("\n").sort()).toEqual([
      "always",
      "stopped-always",
      "unless",
    ]);
    expect(await said("always", "{{.RestartCount}}")).toBe("0");
    // Nothing that runs is started again.
    expect(await ok("system", "boot")).toBe("");
    await expectNoSupervisor(engine);
  });

  test("pods come back with their network and ports, init containers first; dependencies before dependents", async () => {
    const port = 18_106;
    await ok("pod", "create", "--name", "web", "--restart", "always", "-p", `127.0.0.1:${port}:8080`);
    const notes = join(setting("WORK"), "boot-notes");
    mkdirSync(notes, { recursive: true });
    await ok(
      "create",
      "--pod",
      "web",
      "--init-ctr",
      "always",
      "-v",
      `${notes}:/notes`,
      "busybox",
      "sh",
      "-c",
      "echo >> /notes/init",
    );
    await ok(
      "create",
      "--pod",
      "web",
      "--name",
      "server",
      "busybox",
      "sh",
      "-c",
      "mkdir /w; echo served > /w/index.html; httpd -f -p 8080 -h /w",
    );
    await ok("pod", "start", "web");
    await run("base", "--restart", "always");
    await run("dependent", "--restart", "always", "--requires", "base");
    await reboot(engine);
    expect(await ok("pod", "ps", "--format", "{{.Name}} {{.Status}}")).toBe("web Exited");
    await ok("system", "boot");
    expect(await ok("pod", "ps", "--format", "{{.Name}} {{.Status}}")).toBe("web Running");
    await waitFor("the server", async () => (await fetch(`http://127.0.0.1:${port}/`)).ok || undefined);
    expect(readFileSync(join(notes, "init"), "utf8")).toBe("\n\n");
    expect((await ok("ps", "--format", "{{.Names}}")).split("\n")).toContain("dependent");
  });

  test("a start that fails at boot is tried again by its policy, and keeps no other", async () => {
    const source = join(setting("WORK"), "late");
    mkdirSync(source);
    await run("late", "--restart", "always", "-v", `${source}:/late`);
    await run("other", "--restart", "always");
    await reboot(engine);
    rmSync(source, { recursive: true });
    const { code, stderr } = await pw("system", "boot");
    expect([code, stderr]).toEqual([expect.any(Number), expect.stringContaining(source)]);
    expect(code).not.toBe(0);
    expect(await said("other", "{{.State.Status}}")).toBe("running");
    mkdirSync(source);
    await waitFor(
      "its start",
      async () => (await said("late", "{{.State.Status}}")) === "running" || undefined,
      20_000,
    );
    await ok("rm", "-f", "-t", "0", "late");
    await expectNoSupervisor(engine);
  }, 60_000);
});

describe("system boot --install", () => {
  let tools: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    tools = join(setting("WORK"), "boot-tools");
    makeOwn(tools);
    env = { PATH: `${tools}:/usr/bin:/bin` };
    for (const directory of ["/etc/systemd", "/etc/init.d"]) {
      if (existsSync(directory)) await host("mount", "-t", "tmpfs", "tmpfs", directory);
    }
  });

  afterAll(async () => {
    for (const path of ["/run/systemd", "/run/openrc"]) rmSync(path, { recursive: true, force: true });
    for (const directory of ["/etc/systemd", "/etc/init.d"]) await execute(["umount", directory]);
  });

  /** A tool that writes down how it was called. */
  function tool(name: string, body = ""): void {
    writeFileSync(join(tools, name), `#!/bin/sh\necho "${name} $*" >> ${tools}/calls\n${body}\n`);
    chmodSync(join(tools, name), 0o755);
  }

  const boot = (...flags: readonly string[]) => engine.run(["system", "boot", ...flags], { env });
  const calls = (): string => readFileSync(join(tools, "calls"), "utf8");

  test("is refused where nothing would run it", async () => {
    const { code, stderr } = await boot("--install");
    expect([code, stderr]).toEqual([
      125,
      expect.stringContaining("found neither systemd nor OpenRC nor crontab"),
    ]);
  });

  test("cron: a line of its own beside the others, once", async () => {
    tool(
      "crontab",
      `case "$1" in -l) cat ${tools}/tab 2>/dev/null || exit 1 ;; -) cat > ${tools}/tab ;; esac`,
    );
    writeOwn(join(tools, "tab"), "# mine\n0 5 * * * true\n");
    expect((await boot("--print")).stdout).toContain("@reboot ");
    expect(readFileSync(join(tools, "tab"), "utf8")).not.toContain("@reboot");
    expect((await boot("--install")).stdout).toContain("added to the crontab: @reboot ");
    expect((await boot("--install")).stdout).toContain("is installed already");
    const tab = readFileSync(join(tools, "tab"), "utf8").split("\n");
    expect(tab.slice(0, 2)).toEqual(["# mine", "0 5 * * * true"]);
    expect(tab).toHaveLength(4);
    // What the line says brings back what is there.
    const command = /^@reboot (.*)$/.exec(tab[2] ?? "")?.[1] ?? "false";
    const login = USER === undefined ? [] : asUser(USER);
    expect((await execute([...login, "sh", "-c", command])).code).toBe(0);
    expect((await boot("--uninstall")).stdout).toContain("removed the line");
    expect((await boot("--uninstall")).stdout).toContain("is not installed");
    expect(readFileSync(join(tools, "tab"), "utf8")).toBe("# mine\n0 5 * * * true\n");
  });

  const whole = rootOnly("OpenRC starts what root has written");
  whole.test("OpenRC: a script that sh understands, in the default run level", async () => {
    tool("rc-update");
    mkdirSync("/run/openrc", { recursive: true });
    const { stdout } = await boot("--install");
    const path = /wrote (\/etc\/init\.d\/\S+)/.exec(stdout)?.[1] ?? "";
    expect(readFileSync(path, "utf8")).toContain("system boot");
    await host("sh", "-n", path);
    expect(calls()).toMatch(/rc-update add podwright-boot\S* default/);
    expect((await boot("--uninstall")).stdout).toContain(`removed ${path}`);
    expect(existsSync(path)).toBe(false);
  });

  test("systemd: a unit that is enabled, and disabled before it goes", async () => {
    tool("systemctl");
    const systemctl = USER === undefined ? "systemctl" : "systemctl --user";
    mkdirSync("/run/systemd/system", { recursive: true });
    const { stdout } = await boot("--install");
    const path = /wrote (\S+\.service)/.exec(stdout)?.[1] ?? "";
    const unit = readFileSync(path, "utf8");
    expect(unit).toContain(`system boot\n`);
    expect(unit).toContain("KillMode=process");
    expect(calls()).toMatch(new RegExp(`${systemctl} enable podwright-boot\\S*\\.service`));
    expect((await boot("--install")).stdout).toContain("is installed already");
    await boot("--uninstall");
    expect(calls()).toMatch(new RegExp(`${systemctl} disable podwright-boot\\S*\\.service`));
    expect(existsSync(path)).toBe(false);
  });
});
