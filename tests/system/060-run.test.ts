/** `run` and what goes with it: the process that the flags ask for, its output, its end. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, openEngine, succeed, workDirectory, writeOwn } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { onTerminal } from "./terminal.ts";
import { POD_ADDRESS, rootOnly } from "./user.ts";
import { waitFor, waitForHandler } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, run, json } = engine;
let before: HostState;

/** Output of a shell line in a container of these flags. */
function inContainer(flags: readonly string[], line: string): Promise<string> {
  return ok("run", "--rm", ...flags, "busybox", "sh", "-c", line);
}

beforeAll(async () => {
  before = await warmUp(engine, "layers");
});

afterAll(() => expectCleanEnd(engine, before));

describe("exit status", () => {
  test.each([
    [["true"], 0],
    [["sh", "-c", "exit 42"], 42],
    [["/no/such/command"], 127],
    [["/etc"], 126],
    [["/etc/passwd"], 126],
  ])("of %p is %p", async (command, status) => {
    expect((await pw("run", "--rm", "busybox", ...command)).code).toBe(status);
  });

  test("of a mistake in the flags is 125", async () => {
    expect((await pw("run", "--rm", "--memory", "many", "busybox", "true")).code).toBe(125);
  });

  test("of a runtime that refuses a --runtime-flag is 126, and nothing is left; one that it knows is passed on", async () => {
    const refused = await pw("--runtime-flag", "nosuch", "run", "--rm", "busybox", "true");
    expect(refused.code).toBe(126);
    expect(refused.stderr).toContain("nosuch");
    expect(await ok("--runtime-flag", "debug", "run", "--rm", "busybox", "echo", "passed")).toBe("passed");
    expect(await ok("ps", "-aq")).toBe("");
  });

  test("a command that is not there is named, and nothing is left", async () => {
    const { stderr } = await pw("run", "--rm", "busybox", "/no/such/command");
    expect(stderr).toContain("/no/such/command");
    expect(await ok("ps", "-aq")).toBe("");
  });
});

describe("the process", () => {
  test("output goes where it belongs, input comes in, quickly or late", async () => {
    const both = await pw("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2");
    expect(both).toMatchObject({ stdout: "out\n", stderr: "err\n" });
    const big = "0123456789abcdef".repeat(16_384);
    const echoed = await run(["run", "--rm", "-i", "busybox", "cat"], { stdin: big });
    expect(echoed.stdout.length).toBe(big.length);
    expect((await run(["run", "--rm", "busybox", "cat"], { stdin: "ignored" })).stdout).toBe("");
  });

  test("-e, --env-file: Podman's defaults, the image's, then the caller's", async () => {
    const file = join(workDirectory("env-"), "vars");
    writeFileSync(file, "# comment\nFILE=from file\nBOTH=file\n");
    const env = await run(
      [
        "run",
        "--rm",
        "-e",
        "A=1",
        "-e",
        "FROM_HOST",
        "-e",
        "BOTH=flag",
        "--env-file",
        file,
        "--entrypoint",
        "env",
        "layers",
      ],
      {
        env: { FROM_HOST: "host", NOT_ASKED: "secret" },
      },
    );
    const lines = env.stdout.split("\n");
    for (const line of ["A=1", "FROM_HOST=host", "FILE=from file", "BOTH=flag", "COLOUR=blue", "HOME=/root"])
      expect(lines).toContain(line);
    expect(lines.some((line) => line.startsWith("container="))).toBe(true);
    expect(env.stdout).not.toContain("NOT_ASKED");
  });

  test("-w, -u, --group-add", async () => {
    expect(await inContainer(["-w", "/new/place"], "pwd").catch(() => "refused")).toMatch(
      /^(\/new\/place|refused)$/,
    );
    expect(await inContainer(["-w", "/tmp"], "pwd")).toBe("/tmp");
    expect(await inContainer(["-u", "guest"], "id -u; id -g; id -G")).toBe("1000\n1000\n1000 2000");
    expect(await inContainer(["-u", "1234:5678"], "id -u; id -g")).toBe("1234\n5678");
    expect((await pw("run", "--rm", "-u", "nobody-here", "busybox", "true")).code).toBe(126);
    expect(await inContainer(["-u", "guest"], "grep CapEff /proc/self/status")).toMatch(/0000000000000000$/);
  });

  test("--entrypoint and the image's entry point and command", async () => {
    expect(await ok("run", "--rm", "layers")).toBe("entry cmd");
    expect(await ok("run", "--rm", "layers", "mine")).toBe("entry mine");
    expect(await ok("run", "--rm", "--entrypoint", "/bin/pwd", "layers")).toBe("/l");
    expect(await ok("run", "--rm", "--entrypoint", '["echo", "-n", "x"]', "busybox")).toBe("x");
  });

  test("--hostname, --add-host, --dns and the files made for it", async () => {
    const flags = [
      "--hostname",
      "chosen",
      "--add-host",
      "db:10.1.2.3",
      "--dns",
      "192.0.2.53",
      "--dns-search",
      "lan",
    ];
    expect(await inContainer(flags, "hostname; cat /etc/hostname")).toBe("chosen\nchosen");
    expect(await inContainer(flags, "cat /etc/hosts")).toMatch(/^10\.1\.2\.3\s+db$/m);
    expect(await inContainer(flags, "cat /etc/hosts")).toMatch(new RegExp(`^${POD_ADDRESS}\\s+chosen `, "m"));
    const resolv = await inContainer(flags, "cat /etc/resolv.conf");
    expect(resolv).toContain("nameserver 192.0.2.53");
    expect(resolv).toContain("search lan");
    expect(await inContainer([], "test -f /run/.containerenv && hostname")).toMatch(/^[0-9a-f]{12}$/);
  });

  test("--preserve-fds hands descriptors of the caller's on: run, run -d with ports, exec", async () => {
    const file = join(workDirectory("fds-"), "four");
    writeFileSync(file, "from four");
    /** `fds` as a shell opens them, before the engine is started. */
    const withOpen = (fds: string, ...args: readonly string[]) =>
      execute(["sh", "-c", `exec "$@" ${fds}`, "sh", ...engine.argv, ...args]);
    const both = `3</dev/null 4<${file}`;
    const reader = ["busybox", "sh", "-c", "cat <&4; ls /proc/self/fd | wc -l"];
    // The directory that ls reads is its sixth.
    expect(await withOpen(both, "run", "--rm", "--preserve-fds=2", ...reader)).toMatchObject({
      stdout: "from four6\n",
      stderr: "",
    });
    const ports = ["-p", "15000-15019:5000-5019"];
    const line = "cat <&4; sleep 60";
    succeed(
      await withOpen(
        both,
        "run",
        "-d",
        "--name",
        "fds",
        ...ports,
        "--preserve-fds=2",
        "busybox",
        "sh",
        "-c",
        line,
      ),
    );
    await waitFor("the log", async () => (await ok("logs", "fds")) === "from four" || undefined);
    const exec = await withOpen(`3<${file}`, "exec", "--preserve-fds=1", "fds", "sh", "-c", "cat <&3");
    expect(exec).toMatchObject({ stdout: "from four", stderr: "" });
    await ok("rm", "-f", "-t", "0", "fds");
    const missing = await withOpen(both, "run", "--rm", "--preserve-fds=3", "busybox", "true");
    expect(missing).toMatchObject({ code: 125 });
    expect(missing.stderr).toContain("file descriptor 5 is not available");
  });

  test("--init reaps and passes signals on", async () => {
    expect(await inContainer(["--init"], "cat /proc/1/comm")).toMatch(/catatonit|podman-init|init/);
  });
});

describe("what the process may do", () => {
  test("the default capabilities, seccomp, masked and read-only paths", async () => {
    expect(await inContainer([], "grep CapEff /proc/self/status")).toMatch(/00000000800405fb$/);
    expect(await inContainer([], "grep CapInh /proc/self/status")).toMatch(/0000000000000000$/);
    expect(await inContainer([], "grep Seccomp: /proc/self/status")).toMatch(/2$/);
    expect(
      await inContainer([], "cat /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l"),
    ).toBe("0\n0");
    expect(
      (await pw("run", "--rm", "busybox", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")).code,
    ).not.toBe(0);
    expect((await pw("run", "--rm", "busybox", "mount", "-t", "tmpfs", "x", "/tmp")).code).not.toBe(0);
  });

  test("--cap-drop, --cap-add, --privileged, no-new-privileges", async () => {
    expect(await inContainer(["--cap-drop", "all"], "grep CapEff /proc/self/status")).toMatch(
      /0000000000000000$/,
    );
    expect(
      await inContainer(["--cap-drop", "all", "--cap-add", "net_admin"], "grep CapEff /proc/self/status"),
    ).toMatch(/0000000000001000$/);
    expect((await pw("run", "--rm", "--cap-add", "nonsense", "busybox", "true")).code).toBe(125);
    expect(await inContainer(["--privileged"], "grep Seccomp: /proc/self/status; ls /dev/null")).toMatch(
      /0\n\/dev\/null$/,
    );
    expect(
      await inContainer(["--security-opt", "no-new-privileges"], "grep NoNewPrivs /proc/self/status"),
    ).toMatch(/1$/);
    expect(
      await inContainer(["--security-opt", "seccomp=unconfined"], "grep Seccomp: /proc/self/status"),
    ).toMatch(/0$/);
  });

  const devices = rootOnly("a user namespace may not make device nodes");
  devices.test(
    "--device-cgroup-rule lets a container use a device that it makes a node of, and no other",
    async () => {
      // 1:11 is the kernel's log, which the runtime gives nobody by itself.
      const script =
        "mknod /log c 1 11; mknod /mem c 1 1; (true </log) && echo log; (true </mem) && echo mem; true";
      const flags = ["--rm", "--cap-add=MKNOD,SYS_ADMIN,SYSLOG", "busybox", "sh", "-c", script];
      expect(await ok("run", "--device-cgroup-rule", "c 1:11 rwm", ...flags)).toBe("log");
      expect(await ok("run", ...flags)).toBe("");
      const wrong = await pw("run", "--device-cgroup-rule", "c 1:11 rx", ...flags);
      expect(wrong.stderr).toContain("Error: invalid device access in device-access-add: x");
      expect(wrong.code).toBe(125);
    },
  );

  test("--read-only leaves /tmp, /run and /dev/shm", async () => {
    const script = "touch /tmp/a /run/b /dev/shm/c && ! touch /etc/d 2>/dev/null && echo right";
    expect(await inContainer(["--read-only"], script)).toBe("right");
  });

  test("--ulimit, --sysctl, --shm-size", async () => {
    expect(await inContainer(["--ulimit", "nofile=123:456"], "ulimit -n; ulimit -Hn")).toBe("123\n456");
    expect(
      await inContainer(["--sysctl", "net.ipv4.ip_default_ttl=42"], "cat /proc/sys/net/ipv4/ip_default_ttl"),
    ).toBe("42");
    // Of a link that is made beside the runtime's work where nothing asks for it earlier.
    expect(
      await inContainer(
        ["--sysctl", "net.ipv4.conf.eth0.rp_filter=2"],
        "cat /proc/sys/net/ipv4/conf/eth0/rp_filter",
      ),
    ).toBe("2");
    expect(await inContainer(["--shm-size", "1m"], "grep /dev/shm /proc/mounts")).toContain("size=1024k");
    const wrong = await pw("run", "--rm", "--ulimit", "core=9:1", "busybox", "true");
    expect(wrong.stderr).toContain("ulimit soft limit must be less than or equal to hard limit");
  });

  const limits = rootOnly("no cgroup is delegated to the user");
  limits.test("--memory, --cpus and --pids-limit arrive in the cgroup", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "limited",
      "--memory",
      "64m",
      "--cpus",
      "0.5",
      "--pids-limit",
      "77",
      "busybox",
      "sleep",
      "100",
    );
    const pid = await ok("inspect", "-f", "{{.State.Pid}}", "limited");
    const controllers = new Map(
      readFileSync(`/proc/${pid}/cgroup`, "utf8")
        .trim()
        .split("\n")
        .flatMap((line) => {
          const [, names = "", path = ""] = line.split(":");
          return names.split(",").map((name): [string, string] => [name, path]);
        }),
    );
    const read = (controller: string, v1: string, v2: string): string => {
      const own = `/sys/fs/cgroup/${controller}${controllers.get(controller)}/${v1}`;
      return readFileSync(
        existsSync(own) ? own : `/sys/fs/cgroup${controllers.get("")}/${v2}`,
        "utf8",
      ).trim();
    };
    expect(read("memory", "memory.limit_in_bytes", "memory.max")).toBe(String(64 * 1024 * 1024));
    expect(read("pids", "pids.max", "pids.max")).toBe("77");
    expect(read("cpu", "cpu.cfs_quota_us", "cpu.max").split(" ")[0]).toBe("50000");
    await ok("rm", "-f", "-t", "0", "limited");
  });
});

describe("in the background", () => {
  test("logs, wait, stop, start, kill, restart, rm", async () => {
    const id = await ok(
      "run",
      "-d",
      "--name",
      "bg",
      "busybox",
      "sh",
      "-c",
      "echo one; echo two >&2; trap 'exit 5' TERM; while :; do sleep 0.1; done",
    );
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    await waitFor("both lines", async () => {
      const logs = await pw("logs", "bg");
      return (logs.stdout === "one\n" && logs.stderr === "two\n") || undefined;
    });
    expect(await ok("stop", "bg")).toBe("bg");
    expect(await ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "bg")).toBe("exited 5");
    expect(await ok("start", "bg")).toBe("bg");
    expect(await ok("kill", "-s", "KILL", "bg")).toBe("bg");
    expect(await ok("wait", "bg")).toBe("137");
    expect(await ok("restart", "-t", "0", "bg")).toBe("bg");
    const running = await pw("rm", "bg");
    expect(running.code).toBe(2);
    expect(running.stderr).toContain("running or paused containers cannot be removed without force");
    expect(await ok("rm", "-f", "-t", "0", "bg")).toBe("bg");
  });

  test("logs --tail, --since, -t, -f", async () => {
    await ok("run", "--name", "talk", "busybox", "sh", "-c", "for i in 1 2 3; do echo line $i; done");
    expect(await ok("logs", "--tail", "1", "talk")).toBe("line 3");
    expect(await ok("logs", "--tail", "0", "talk")).toBe("");
    expect(await ok("logs", "-t", "--tail", "1", "talk")).toMatch(/^\d{4}-\d\d-\d\dT\S+ line 3$/);
    expect(await ok("logs", "--since", "2000-01-01T00:00:00Z", "talk")).toBe("line 1\nline 2\nline 3");
    expect(await ok("logs", "--until", "2000-01-01T00:00:00Z", "talk")).toBe("");
    expect(await ok("logs", "-f", "talk")).toBe("line 1\nline 2\nline 3");
    await ok("rm", "talk");
  });

  test("exec: output, input, status, environment, user, place; -d", async () => {
    await ok("run", "-d", "--name", "host", "busybox", "sleep", "100");
    expect((await pw("exec", "host", "sh", "-c", "exit 3")).code).toBe(3);
    expect((await pw("exec", "host", "/no/such")).code).toBe(127);
    expect((await pw("exec", "host", "/etc")).code).toBe(126);
    expect((await run(["exec", "-i", "host", "cat"], { stdin: "typed" })).stdout).toBe("typed");
    expect(
      await ok("exec", "-e", "X=y", "-w", "/tmp", "-u", "guest", "host", "sh", "-c", "echo $X; pwd; id -u"),
    ).toBe("y\n/tmp\n1000");
    await ok("exec", "-d", "host", "sh", "-c", "echo done > /tmp/marker");
    await waitFor(
      "the detached command",
      async () => (await pw("exec", "host", "cat", "/tmp/marker")).code === 0 || undefined,
    );
    await ok("rm", "-f", "-t", "0", "host");
    expect((await pw("exec", "host", "true")).code).toBe(125);
  });

  test("exec in a container that does not run is refused", async () => {
    await ok("create", "--name", "still", "busybox", "true");
    const { code, stderr } = await pw("exec", "still", "true");
    expect(code).toBe(255);
    expect(stderr).toContain("can only create exec sessions on running containers: container state improper");
    await ok("rm", "still");
  });

  test("--cidfile is overwritten, and goes with its container; --rm removes at the end, also in the background", async () => {
    const file = join(workDirectory("cid-"), "cid");
    writeOwn(file, "text that is longer than an id".repeat(9));
    const id = await ok("run", "-d", "--rm", "--cidfile", file, "busybox", "sleep", "0.5");
    expect(readFileSync(file, "utf8")).toBe(id);
    await waitFor(
      "the container to be removed",
      async () => (await pw("container", "exists", id)).code === 1 || undefined,
    );
    expect(existsSync(file)).toBe(false);
    await expectAsBefore(engine, before);
  });

  test("--stop-signal and --stop-timeout; a process that will not go is killed", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "polite",
      "--stop-signal",
      "USR1",
      "busybox",
      "sh",
      "-c",
      "trap 'exit 9' USR1; while :; do sleep 0.1; done",
    );
    await waitForHandler(Number(await ok("inspect", "-f", "{{.State.Pid}}", "polite")), "SIGUSR1");
    await ok("stop", "polite");
    expect(await ok("inspect", "-f", "{{.State.ExitCode}}", "polite")).toBe("9");
    await ok(
      "run",
      "-d",
      "--name",
      "stubborn",
      "--stop-timeout",
      "1",
      "busybox",
      "sh",
      "-c",
      "trap '' TERM; while :; do sleep 0.1; done",
    );
    await ok("stop", "stubborn");
    expect(await ok("inspect", "-f", "{{.State.ExitCode}}", "stubborn")).toBe("137");
    await ok("rm", "polite", "stubborn");
  });

  test("inspect, ps --format and filters agree", async () => {
    const id = await ok("run", "-d", "--name", "seen", "--label", "tier=front", "busybox", "sleep", "100");
    const [container] = (await json("inspect", "seen")) as readonly { Id: string; State: { Pid: number } }[];
    expect(container).toMatchObject({ Id: id, Name: "seen", State: { Status: "running", Running: true } });
    expect(readFileSync(`/proc/${container?.State.Pid}/cmdline`, "utf8")).toBe(
      ["sleep", "100", ""].join("\0"),
    );
    expect(await ok("ps", "--filter", "label=tier=front", "--format", "{{.Names}} {{.ID}}")).toBe(
      `seen ${id.slice(0, 12)}`,
    );
    expect(await ok("ps", "-q", "--no-trunc", "--filter", "name=seen")).toBe(id);
    expect(await ok("ps", "-a", "--filter", "status=exited", "-q")).toBe("");
    expect(await ok("ps", "--format", "json")).toContain(id);
    await ok("rm", "-f", "-t", "0", "seen");
  });
});

describe("on a terminal", () => {
  test("run -it: the size from the start, keys, status", async () => {
    const session = onTerminal([...engine.argv, "run", "--rm", "-it", "busybox", "sh"], {
      cols: 111,
      rows: 33,
    });
    await session.shows("#");
    session.type("stty size; echo on-$((6*7)); exit 4\r");
    await session.shows("33 111");
    await session.shows("on-42");
    expect(await session.exits()).toBe(4);
  });

  test("Ctrl-C reaches the container", async () => {
    const session = onTerminal([
      ...engine.argv,
      "run",
      "--rm",
      "-it",
      "busybox",
      "sh",
      "-c",
      "trap 'echo caught; exit 6' INT; echo ready; while :; do sleep 0.1; done",
    ]);
    await session.shows("ready");
    session.type("\u0003");
    await session.shows("caught");
    expect(await session.exits()).toBe(6);
  });

  test("ctrl-p ctrl-q detaches, attach comes back", async () => {
    const first = onTerminal([...engine.argv, "run", "-it", "--name", "attached", "busybox", "sh"]);
    await first.shows("#");
    first.type("echo before-$((1+1))\r");
    await first.shows("before-2");
    first.type("\u0010");
    await Bun.sleep(50);
    first.type("\u0011");
    expect(await first.exits()).toBe(0);
    expect(await ok("inspect", "-f", "{{.State.Status}}", "attached")).toBe("running");
    const second = onTerminal([...engine.argv, "attach", "attached"]);
    second.type("echo after-$((2+2))\r");
    await second.shows("after-4");
    second.type("exit 8\r");
    expect(await second.exits()).toBe(0);
    expect(await ok("inspect", "-f", "{{.State.ExitCode}}", "attached")).toBe("8");
    await ok("rm", "attached");
  });

  test("a signal to a foreground run is passed on", async () => {
    const child = Bun.spawn(
      [
        ...engine.argv,
        "run",
        "--rm",
        "busybox",
        "sh",
        "-c",
        "trap 'exit 11' TERM; echo ready; while :; do sleep 0.1; done",
      ],
      { stdout: "pipe" },
    );
    await child.stdout.getReader().read();
    child.kill("SIGTERM");
    expect(await child.exited).toBe(11);
  });
});
