/** `top` and `stats` of containers and pods, compared with the kernel's own figures of the same moment. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { onTerminal } from "./terminal.ts";
import { rootOnly } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;

beforeAll(async () => {
  before = await warmUp(engine);
});

afterAll(() => expectCleanEnd(engine, before));

const SLEEP = ["busybox", "sleep", "1000"];

async function inspect(name: string, field: string): Promise<string> {
  return ok("inspect", "--format", `{{${field}}}`, name);
}

/** Rows of a table, cells by their column's title. Titles are known: blanks are in some. */
function table(text: string, titles: readonly string[]): Record<string, string>[] {
  const [heading = "", ...lines] = text.split("\n");
  const places = titles.map((title) => heading.indexOf(title));
  expect([titles, places]).toEqual([titles, places.toSorted((a, b) => a - b)]);
  return lines.map((line) =>
    Object.fromEntries(titles.map((title, i) => [title, line.slice(places[i], places[i + 1]).trim()])),
  );
}

/** A file of the container's cgroup, in the hierarchy of this controller or in the only one. */
async function counter(name: string, controller: string, file: string): Promise<string> {
  const path = await inspect(name, ".State.CgroupPath");
  const legacy = `/sys/fs/cgroup/${controller}${path}/${file}`;
  return readFileSync(existsSync(legacy) ? legacy : `/sys/fs/cgroup${path}/${file}`, "utf8");
}

const TOP = ["USER", "PID", "PPID", "%CPU", "ELAPSED", "TTY", "TIME", "COMMAND"];

describe("top", () => {
  test("shows the processes as they number themselves, with the container's names", async () => {
    const script = "sleep 999 & echo 'me:x:77:88::/:' >> /etc/passwd; exec sleep 1000";
    await ok("run", "-d", "--name", "tree", "busybox", "sh", "-c", script);
    // The shell has this number in its own words, until it becomes the sleep.
    await waitFor("both", async () => (await ok("top", "tree", "args")).match(/^sleep 1000$/m));
    const rows = table(await ok("top", "tree"), TOP);
    expect(rows.map((row) => [row["USER"], row["PPID"], row["COMMAND"]])).toEqual([
      ["root", "0", "sleep 1000"],
      ["root", "1", "sleep 999"],
    ]);
    const init = await inspect("tree", ".State.Pid");
    const [first, second] = (await ok("top", "tree", "pid,hpid", "ppid", "comm,state")).split("\n").slice(1);
    expect(first?.split(/\s+/)).toEqual(["1", init, "0", "sleep", "S"]);
    // The kernel's word for the second: its number inside, and its parent.
    const [inside = "", outside = "", parent] = second?.split(/\s+/) ?? [];
    const status = readFileSync(`/proc/${outside}/status`, "utf8");
    expect(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1]).toBe(inside);
    expect([/^PPid:\t(\d+)$/m.exec(status)?.[1], parent]).toEqual([init, "1"]);
    expect(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]).toBe(
      (await ok("top", "tree", "rss")).split("\n")[2]?.trim(),
    );
    await ok("exec", "-d", "-u", "77:88", "tree", "sleep", "998");
    await waitFor("a user of its own", async () =>
      (await ok("top", "tree", "user", "huid", "args")).match(/^me\s+77\s+sleep 998$/m),
    );
    await ok("exec", "-dt", "tree", "sleep", "997");
    await waitFor("a terminal", async () =>
      (await ok("top", "tree", "tty,args")).match(/^pts\/\d+\s+sleep 997$/m),
    );
    await ok("rm", "-f", "-t0", "tree");
    await expectAsBefore(engine, before);
  });

  test("capabilities and seccomp are those that the kernel has", async () => {
    await ok("run", "-d", "--name", "caps", "--cap-drop", "ALL", "--cap-add", "CHOWN", ...SLEEP);
    const rows = (await ok("top", "caps", "capeff", "capinh", "capamb", "seccomp")).split("\n");
    expect(rows[1]?.split(/\s+/)).toEqual(["CHOWN", "none", "none", "filter"]);
    await ok("run", "-d", "--name", "full", "--privileged", ...SLEEP);
    const [, shown = ""] = (await ok("top", "full", "capeff")).split("\n");
    const mask = /^CapEff:\t(\w+)$/m.exec(
      readFileSync(`/proc/${await inspect("full", ".State.Pid")}/status`, "utf8"),
    )?.[1];
    const count = BigInt(`0x${mask}`).toString(2).replaceAll("0", "").length;
    expect(shown === "full" ? 41 : shown.split(",").length).toBe(count);
    await ok("rm", "-f", "-t0", "caps", "full");
  });

  test("what a process calls itself cannot add rows or speak to the terminal", async () => {
    const name = "a\nroot 2 0 \x1b[31m";
    await ok("run", "-d", "--name", "sly", "busybox", "sh", "-c", "sleep 1000; :", name);
    await waitFor("it", async () => (await ok("top", "sly")).includes("root 2 0") || undefined);
    const text = await ok("top", "sly", "pid", "args");
    expect(text).not.toContain("\x1b");
    expect(text).toContain("a?root 2 0 ?[31m");
    await ok("rm", "-f", "-t0", "sly");
  });

  test("options of ps(1), by the host's ps and by the container's", async () => {
    await ok("run", "-d", "--name", "plain", ...SLEEP);
    for (const args of [["-eo", "pid,comm"], ["-eo pid,comm"], ["-o", "pid,comm", "-e"]]) {
      const lines = (await ok("top", "plain", ...args)).split("\n").map((line) => line.trim().split(/\s+/));
      expect([args, lines]).toEqual([
        args,
        [
          ["PID", "COMMAND"],
          ["1", "sleep"],
        ],
      ]);
    }
    expect((await ok("top", "plain", "aux")).split("\n").slice(1)).toEqual([
      expect.stringMatching(/^root +1 .* sleep 1000$/),
    ]);
    expect((await ok("top", "plain", "-ef")).split("\n")).toHaveLength(2);
    const wrong = await pw("top", "plain", "invalid");
    expect([wrong.code, wrong.stderr]).toEqual([
      125,
      expect.stringContaining("Error: ps(1) failed with exit code 1:"),
    ]);
    await ok("run", "-d", "--name", "tracer", "--cap-add", "SYS_PTRACE", ...SLEEP);
    expect(await ok("top", "tracer", "-o", "pid,args")).toMatch(/^PID +COMMAND\n +1 +sleep 1000$/);
    const refused = await pw("top", "tracer", "-o", "nothing");
    expect([refused.code, refused.stderr]).toEqual([
      125,
      expect.stringContaining("executing ps(1) in container"),
    ]);
    await ok("rm", "-f", "-t0", "plain", "tracer");
    await expectAsBefore(engine, before);
  });

  test("what it refuses", async () => {
    const id = await ok("create", "--name", "idle", ...SLEEP);
    const cases: readonly [readonly string[], string][] = [
      [["top"], "you must provide the name or id of a running container"],
      [["top", "idle"], "top can only be used on running containers"],
      [
        ["top", "nobody"],
        'unable to look up requested container: no container with name or ID "nobody" found: no such container',
      ],
      [["pod", "top"], "you must provide the name or id of a running pod"],
      [
        ["pod", "top", "nobody"],
        "unable to look up requested container: no pod with name or ID nobody found: no such pod",
      ],
    ];
    for (const [args, text] of cases) {
      const { code, stderr } = await pw(...args);
      expect([args, code, stderr]).toEqual([args, 125, `Error: ${text}\n`]);
    }
    await ok("rm", id);
    expect(await ok("top", "--list-descriptors")).toContain("capbnd\ncapeff\n");
  });
});

describe("pod top", () => {
  test("members one after the other; with a shared PID namespace none twice", async () => {
    for (const [pod, share] of [
      ["apart", "net,ipc,uts"],
      ["together", "net,ipc,uts,pid"],
    ] as const) {
      await ok("pod", "create", "--name", pod, "--share", share);
      await ok("run", "-d", "--pod", pod, "--name", "one", "busybox", "sleep", "1001");
      await ok("run", "-d", "--pod", pod, "--name", "two", "busybox", "sleep", "1002");
      const rows = table(await ok("pod", "top", pod), TOP).map((row) => row["COMMAND"]);
      const own = pod === "together" ? [expect.stringContaining("catatonit")] : [];
      expect(rows).toEqual([...own, "sleep 1001", "sleep 1002"]);
      // One container alone has its own processes, though it can see the other's.
      expect((await ok("top", "two", "args")).split("\n")).toEqual(["COMMAND", "sleep 1002"]);
      const pids = (await ok("pod", "top", pod, "pid")).split("\n").slice(1);
      expect(new Set(pids).size).toBe(pod === "together" ? 3 : 1);
      const unknown = await pw("pod", "top", pod, "aux");
      expect([unknown.code, unknown.stderr]).toEqual([125, "Error: 'aux': unknown descriptor\n"]);
      expect((await ok("pod", "top", "-l", "comm")).split("\n").at(-1)).toBe("sleep");
      await ok("pod", "rm", "-f", "-t0", pod);
    }
    await expectAsBefore(engine, before);
  });

  test("a container with the host's processes in sight shows its own", async () => {
    await ok("run", "-d", "--name", "wide", "--pid", "host", "busybox", "sleep", "1003");
    const pid = await inspect("wide", ".State.Pid");
    const [title, ...rows] = (await ok("top", "wide", "pid", "hpid", "args")).split("\n");
    expect(title).toMatch(/^PID +HPID +COMMAND$/);
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([[pid, pid, "sleep 1003"]]);
    await ok("rm", "-f", "-t0", "wide");
  });
});

const STATS = [
  "ID",
  "NAME",
  "CPU %",
  "MEM USAGE / LIMIT",
  "MEM %",
  "NET IO",
  "BLOCK IO",
  "PIDS",
  "CPU TIME",
  "AVG CPU %",
];

/** A command that goes on writing: what it has written so far, and its exit code after a signal. */
function streaming(...args: readonly string[]) {
  const child = Bun.spawn([...engine.argv, ...args], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  let text = "";
  const whole = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) text += decoder.decode(chunk, { stream: true });
  })();
  return {
    text: () => text,
    end: async (signal: number): Promise<number> => {
      child.kill(signal);
      await whole;
      return child.exited;
    },
  };
}

const NUMBERS = "{{.CPUNano}} {{.MemLimit}} {{.PIDs}} {{.CPU}} {{.AvgCPU}} {{.BlockInput}}";

const counted = rootOnly("no cgroup is delegated to the user: nothing counts");
counted.describe("stats", () => {
  test("agrees with the cgroup's files, read before and after", async () => {
    const script = "sleep 1000 & x=$(seq 1 200000); while :; do :; done";
    const id = await ok("run", "-d", "--name", "busy", "-m", "64m", "busybox", "sh", "-c", script);
    await waitFor("some work", async () => Number(await counter("busy", "cpuacct", "cpuacct.usage")) > 6e8);
    const started = Date.parse(await inspect("busy", ".State.StartedAt"));
    const low = Number(await counter("busy", "cpuacct", "cpuacct.usage"));
    const asked = Date.now();
    const shown = await ok("stats", "--no-stream", "--no-trunc", "--format", `{{.ID}} ${NUMBERS}`, "busy");
    const answered = Date.now();
    const high = Number(await counter("busy", "cpuacct", "cpuacct.usage"));
    const [shownId, cpu, limit, pids, percent, average] = shown.split(" ");
    expect(shownId).toBe(id);
    expect(Number(cpu)).toBeGreaterThanOrEqual(low);
    expect(Number(cpu)).toBeLessThanOrEqual(high);
    expect(Number(limit)).toBe(64 * 1024 * 1024);
    expect(pids).toBe((await counter("busy", "pids", "pids.current")).trim());
    expect(average).toBe(percent ?? "");
    const percentOf = (usage: number, at: number): number => (usage / 1e6 / (at - started)) * 100;
    expect(Number(average)).toBeWithin(percentOf(low, answered) - 2, percentOf(high, asked) + 2);
    const anonymous = [
      ...(await counter("busy", "memory", "memory.stat")).matchAll(/^total_(?:in)?active_anon (\d+)$/gm),
    ];
    const memory = anonymous.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    const [row] = table(await ok("stats", "--no-stream", "busy"), STATS);
    expect(row).toMatchObject({ ID: id.slice(0, 12), NAME: "busy", PIDS: "2" });
    expect(row?.["MEM USAGE / LIMIT"]).toMatch(/^[\d.]+MB \/ 67\.11MB$/);
    const used = Number.parseFloat(row?.["MEM USAGE / LIMIT"] ?? "") * 1e6;
    expect(Math.abs(used - memory)).toBeLessThan(1e6);
    expect(row?.["CPU TIME"]).toMatch(/^[\d.]+(ms|s)$/);
    await ok("rm", "-f", "-t0", "busy");
  });

  test("a stream counts since its last reading", async () => {
    await ok("run", "-d", "--name", "burst", "busybox", "sh", "-c", "sleep 1; while :; do :; done");
    const fields = "{{.CPU}} {{.CPUNano}} {{.SystemNano}}";
    const stream = streaming("stats", "-i", "1", "--format", fields, "burst");
    await waitFor("five readings", () => stream.text().split("\n").length > 5);
    expect(await stream.end(2)).toBe(0);
    const lines = stream.text().trim().split("\n");
    const readings = lines.map((line) => line.split(" ").map(Number));
    for (const [i, [percent = 0, cpu = 0, at = 0]] of readings.entries()) {
      const [, cpuBefore = 0, atBefore = 0] = readings[i - 1] ?? [];
      if (i > 0) expect(percent).toBeCloseTo(((cpu - cpuBefore) / (at - atBefore)) * 100, 1);
    }
    await ok("rm", "-f", "-t0", "burst");
  });

  test("network: what the pod's link has carried, for each of its members", async () => {
    await ok("pod", "create", "--name", "net");
    await ok("run", "-d", "--pod", "net", "--name", "one", ...SLEEP);
    await ok("run", "-d", "--pod", "net", "--name", "two", ...SLEEP);
    using listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data() {} } });
    const gateway = "$(ip route | awk '/^default/ {print $3}')";
    const send = `dd if=/dev/zero bs=1000 count=20 | nc -w 5 ${gateway} ${listener.port}`;
    await ok("exec", "one", "sh", "-c", send);
    const pid = await inspect("two", ".State.Pid");
    const carried = (): RegExpExecArray | null =>
      /eth0:\s*(\d+)(?:\s+\d+){7}\s+(\d+)/.exec(readFileSync(`/proc/${pid}/net/dev`, "utf8"));
    // The kernels at both ends have words of their own to say (neighbours, routers), at any moment.
    const { rows, dev } = await waitFor("a reading between two like ones", async () => {
      const first = carried();
      const text = await ok("stats", "--no-stream", "--format", "{{.Name}}={{.NetIO}}", "one", "two");
      return first?.[0] === carried()?.[0] ? { rows: text.split("\n"), dev: first } : undefined;
    });
    expect(Number(dev?.[2])).toBeGreaterThan(5000);
    const human = (bytes: string | undefined): string => `${Number((Number(bytes) / 1000).toPrecision(4))}kB`;
    expect(rows).toEqual(["one", "two"].map((name) => `${name}=${human(dev?.[1])} / ${human(dev?.[2])}`));
    // A pod whose members have all ended still has its link.
    await ok("stop", "-t0", "one", "two");
    const infra = await ok("pod", "inspect", "--format", "{{.InfraContainerID}}", "net");
    const [input = ""] = (await ok("stats", "--no-stream", "--format", "{{.NetIO}}", infra)).split(" / ");
    expect(Number.parseFloat(input)).toBeGreaterThan(0);
    await ok("pod", "rm", "-f", "-t0", "net");
    await ok("run", "-d", "--name", "hostly", "--net", "host", ...SLEEP);
    expect(await ok("stats", "--no-stream", "--format", "{{.NetIO}}", "hostly")).toBe("0B / 0B");
    await ok("rm", "-f", "-t0", "hostly");
    await expectAsBefore(engine, before);
  });

  test("JSON has Podman's keys and its indent", async () => {
    await ok("run", "-d", "--name", "keyed", ...SLEEP);
    const text = await ok("stats", "--no-stream", "--format", "json");
    expect(text.split("\n").slice(0, 3)).toEqual([
      "[",
      " {",
      expect.stringMatching(/^ {2}"id": "[0-9a-f]{12}",$/),
    ]);
    const [row] = JSON.parse(text) as readonly Record<string, string>[];
    expect(Object.keys(row ?? {})).toEqual([
      "id",
      "name",
      "cpu_time",
      "cpu_percent",
      "avg_cpu",
      "mem_usage",
      "mem_percent",
      "net_io",
      "block_io",
      "pids",
    ]);
    expect(row?.["pids"]).toBe("1");
    const total = /^MemTotal:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
    expect(await ok("stats", "--no-stream", "--format", "{{.MemLimit}}", "keyed")).toBe(
      String(Number(total) * 1024),
    );
    await ok("rm", "-f", "-t0", "keyed");
  });

  test("containers come and go while it streams; one that does not run has nothing but zeros", async () => {
    const idle = await ok("create", "--name", "idle", ...SLEEP);
    expect(await ok("stats", "--no-stream", "--format", "{{.Name}}")).toBe("");
    expect(
      await ok("stats", "--no-stream", "-a", "--format", "{{.Name}} {{.PIDS}} {{.MemUsage}} {{.UpTime}}"),
    ).toBe("idle 0 0B / 0B 0s");
    const stream = streaming("stats", "-i", "1", "--format", "seen {{.Name}}");
    await Bun.sleep(300);
    await ok("run", "-d", "--name", "guest", ...SLEEP);
    await waitFor("it to be seen", () => stream.text().includes("seen guest\n"));
    await ok("rm", "-f", "-t0", "guest");
    await Bun.sleep(1300);
    expect(stream.text()).not.toContain("\x1b");
    expect(await stream.end(15)).toBe(0);
    await ok("rm", idle);
  });

  test("a terminal is cleared between readings, a file is not; --no-reset leaves both", async () => {
    await ok("run", "-d", "--name", "shown", ...SLEEP);
    const session = onTerminal([...engine.argv, "stats", "-i", "1", "shown"], { cols: 200, rows: 24 });
    await session.shows(/\[2J[\s\S]*shown[\s\S]*\[2J[\s\S]*shown/);
    session.kill(2);
    expect(await session.exits()).toBe(0);
    const plain = onTerminal([...engine.argv, "stats", "--no-stream", "shown"], { cols: 200, rows: 24 });
    expect(await plain.exits()).toBe(0);
    expect(plain.screen()).not.toContain("\x1b[2J");
    const kept = onTerminal([...engine.argv, "stats", "-i", "1", "--no-reset", "shown"], {
      cols: 200,
      rows: 24,
    });
    await kept.shows(/shown[\s\S]*shown/);
    kept.kill(2);
    await kept.exits();
    expect(kept.screen()).not.toContain("\x1b[2J");
    await ok("rm", "-f", "-t0", "shown");
  });

  test("what it refuses", async () => {
    const cases: readonly [readonly string[], string][] = [
      [["stats", "-a", "-l"], "--all, --latest and containers cannot be used together"],
      [["stats", "-a", "one"], "--all, --latest and containers cannot be used together"],
      [["stats", "-i", "0"], "invalid interval, must be a positive number greater zero"],
      [
        ["stats", "--no-stream", "nobody"],
        'unable to get list of containers: no container with name or ID "nobody" found: no such container',
      ],
      [["pod", "stats", "-a", "one"], "--all, --latest and arguments cannot be used together"],
      [
        ["pod", "stats", "--no-stream", "nobody"],
        "unable to get list of pods: no pod with name or ID nobody found: no such pod",
      ],
    ];
    for (const [args, text] of cases) {
      const { code, stderr } = await pw(...args);
      expect([args, code, stderr]).toEqual([args, 125, expect.stringContaining(`Error: ${text}\n`)]);
    }
  });
});

counted.describe("pod stats", () => {
  test("each member of each pod, and a row of dashes where there is none", async () => {
    const titles = ["POD", "CID", "NAME", "CPU %", "MEM USAGE/ LIMIT", "MEM %", "NET IO", "BLOCK IO", "PIDS"];
    expect(table(await ok("pod", "stats", "--no-stream"), titles)).toEqual([
      Object.fromEntries(titles.map((title) => [title, "--"])),
    ]);
    const pod = await ok("pod", "create", "--name", "first");
    await ok("pod", "create", "--name", "second");
    const one = await ok("run", "-d", "--pod", "first", "--name", "one", ...SLEEP);
    await ok("create", "--pod", "first", "--name", "idle", ...SLEEP);
    await ok("run", "-d", "--pod", "second", "--name", "other", ...SLEEP);
    const rows = table(await ok("pod", "stats", "--no-stream", "first"), titles);
    expect(rows.map((row) => [row["POD"], row["NAME"], row["PIDS"]])).toEqual([
      [pod.slice(0, 12), "one", "1"],
      [pod.slice(0, 12), "idle", "--"],
    ]);
    expect(rows[1]?.["MEM USAGE/ LIMIT"]).toBe("-- / --");
    const text = await ok("pod", "stats", "--no-stream", "--format", "json", "first");
    expect(text).toContain(`\n     {\n          "CPU": "`);
    const [json] = JSON.parse(text) as readonly Record<string, string>[];
    expect(Object.keys(json ?? {}).sort()).toEqual(
      ["CPU", "MemUsage", "MemUsageBytes", "Mem", "NetIO", "BlockIO", "PIDS", "Pod", "CID", "Name"].sort(),
    );
    expect(json?.["CID"]).toBe(one.slice(0, 12));
    expect(json?.["MemUsageBytes"]).toMatch(/^[\d.]+KiB \/ [\d.]+GiB$/);
    expect(await ok("pod", "stats", "--no-stream", "--format", "{{.Name}} {{.PIDS}}")).toBe(
      "one 1\nidle --\nother 1",
    );
    expect(await ok("pod", "stats", "--no-stream", "-l", "--format", "table {{.Name}}")).toMatch(
      /^NAME\s*\nother$/,
    );
    await ok("pod", "rm", "-f", "-t0", "-a");
    await expectAsBefore(engine, before);
  });
});
