/** `update` and `pod update`: limits at once in the cgroup, and everything that changes without a new container. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { openEngine } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { rootOnly } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;

beforeAll(async () => {
  await warmUp(engine);
  // The first event makes the log of events, the first bell the supervisor's directory.
  await ok("create", "--name", "warm-up", "busybox");
  await ok("update", "--restart", "no", "warm-up");
  await ok("rm", "warm-up");
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

const MIB = 1 << 20;

interface Inspected {
  readonly Id: string;
  readonly State: { readonly CgroupPath: string; readonly Status: string };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Config: Readonly<Record<string, unknown>>;
}

async function inspect(name: string): Promise<Inspected> {
  const [shown] = JSON.parse(await ok("inspect", name)) as readonly Inspected[];
  if (shown === undefined) throw new Error(`no ${name}`);
  return shown;
}

/** What the kernel says, whichever hierarchy it has the file in. */
function limit(path: string, file: string): string {
  const controller = file.split(".")[0] ?? "";
  const found = ["", `/${controller}`, "/cpu,cpuacct"]
    .map((hierarchy) => `/sys/fs/cgroup${hierarchy}${path}/${file}`)
    .find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`no ${file} of ${path}`);
  return readFileSync(found, "utf8").trim();
}

const V2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
const MEMORY = V2 ? "memory.max" : "memory.limit_in_bytes";

async function cgroupOf(container: string): Promise<string> {
  const pid = await ok("inspect", "-f", "{{.State.Pid}}", container);
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const line = lines.find((text) => text.includes(V2 ? "0::" : ":memory:")) ?? "";
  return line.split(":")[2] ?? "";
}

const limits = rootOnly("no cgroup is delegated to the user: nothing limits");
limits.describe("limits of a running container", () => {
  let cgroup: string;

  beforeAll(async () => {
    await ok("run", "-d", "--name", "limited", "--pids-limit", "1024", "busybox", "sleep", "1000");
    cgroup = await cgroupOf("limited");
  });

  afterAll(async () => {
    await ok("rm", "-f", "-t", "0", "limited");
    await expectAsBefore(engine, before);
  });

  test("hold at once, are shown, and are there after a restart; others stay", async () => {
    const { Id } = await inspect("limited");
    const flags = [
      "--cpus",
      "1.5",
      "--cpu-shares",
      "512",
      "--memory",
      "100m",
      "--memory-reservation",
      "50m",
      "--cpuset-cpus",
      "0",
    ];
    expect(await ok("update", ...flags, "limited")).toBe(Id);
    const check = (): void => {
      expect(Number(limit(cgroup, MEMORY))).toBe(100 * MIB);
      if (V2) {
        expect(limit(cgroup, "cpu.max")).toBe("150000 100000");
        expect(limit(cgroup, "memory.swap.max")).toBe(String(100 * MIB));
      } else {
        expect(limit(cgroup, "cpu.cfs_quota_us")).toBe("150000");
        expect(limit(cgroup, "cpu.shares")).toBe("512");
        expect(Number(limit(cgroup, "memory.memsw.limit_in_bytes"))).toBe(200 * MIB);
        expect(Number(limit(cgroup, "memory.soft_limit_in_bytes"))).toBe(50 * MIB);
      }
      expect(limit(cgroup, "cpuset.cpus")).toBe("0");
      expect(limit(cgroup, "pids.max")).toBe("1024");
    };
    check();
    expect((await inspect("limited")).HostConfig).toMatchObject({
      Memory: 100 * MIB,
      MemorySwap: 200 * MIB,
      MemoryReservation: 50 * MIB,
      CpuShares: 512,
      NanoCpus: 1_500_000_000,
      CpusetCpus: "0",
      PidsLimit: 1024,
    });
    await ok("restart", "-t", "0", "limited");
    cgroup = await cgroupOf("limited");
    check();
  });

  test("memory and swap go up and down together, in either order", async () => {
    for (const size of [400, 60, 300, 50]) {
      await ok("container", "update", "-m", `${size}m`, "limited");
      expect(Number(limit(cgroup, MEMORY))).toBe(size * MIB);
      if (!V2) expect(Number(limit(cgroup, "memory.memsw.limit_in_bytes"))).toBe(2 * size * MIB);
    }
    await ok("update", "--cpu-period", "50000", "--cpu-quota", "25000", "limited");
    await ok("update", "--cpu-quota", "12500", "limited");
    if (V2) expect(limit(cgroup, "cpu.max")).toBe("12500 50000");
    else
      expect([limit(cgroup, "cpu.cfs_quota_us"), limit(cgroup, "cpu.cfs_period_us")]).toEqual([
        "12500",
        "50000",
      ]);
    await ok("update", "--pids-limit", "-1", "limited");
    expect(limit(cgroup, "pids.max")).toBe("max");
  });

  test("memory below what is in use is refused, and all stays as it was", async () => {
    await ok("update", "-m", "200m", "--cpu-shares", "700", "limited");
    await ok("exec", "-d", "limited", "sh", "-c", "x=$(head -c 60000000 /dev/zero | tr '\\0' x); sleep 100");
    const usage = V2 ? "memory.current" : "memory.usage_in_bytes";
    await waitFor("memory to be in use", () => Number(limit(cgroup, usage)) > 50 * MIB || undefined);
    const { code, stderr } = await pw("update", "--cpu-shares", "900", "-m", "6m", "limited");
    expect(code).not.toBe(0);
    expect(stderr).toContain("more than that is in use");
    expect(Number(limit(cgroup, MEMORY))).toBe(200 * MIB);
    if (!V2) {
      expect(limit(cgroup, "cpu.shares")).toBe("700");
      expect(Number(limit(cgroup, "memory.memsw.limit_in_bytes"))).toBe(400 * MIB);
    }
    expect((await inspect("limited")).HostConfig).toMatchObject({ Memory: 200 * MIB, CpuShares: 700 });
    expect((await inspect("limited")).State.Status).toBe("running");
  });

  test("what it cannot limit is refused by its name", async () => {
    for (const flag of ["--device-read-bps=/dev/zero:10mb", "--blkio-weight-device=/dev/zero:98"]) {
      const { code, stderr } = await pw("update", flag, "limited");
      expect([code, stderr]).toEqual([
        125,
        expect.stringContaining(`${flag.split("=")[0]} is not implemented`),
      ]);
    }
    const { code, stderr } = await pw("update", "--cpuset-cpus", "99", "limited");
    expect(code).not.toBe(0);
    expect(stderr).toContain("cpuset.cpus");
    expect((await inspect("limited")).HostConfig["CpusetCpus"]).toBe("0");
  });
});

describe("what else changes", () => {
  test("environment, with the next start", async () => {
    await ok("run", "-d", "--name", "env", "-e", "A=1", "-e", "B=2", "busybox", "sleep", "1000");
    await ok("update", "--env", "A=3", "--env", "C=4", "--unsetenv", "B", "env");
    await ok("restart", "-t", "0", "env");
    const seen = (await ok("exec", "env", "env")).split("\n");
    expect(seen).toContain("A=3");
    expect(seen).toContain("C=4");
    expect(seen.some((line) => line.startsWith("B="))).toBe(false);
    await ok("rm", "-f", "-t", "0", "env");
  });

  test("restart policy", async () => {
    await ok("create", "--name", "policy", "busybox");
    await ok("update", "--restart", "on-failure:3", "policy");
    expect((await inspect("policy")).HostConfig["RestartPolicy"]).toEqual({
      Name: "on-failure",
      MaximumRetryCount: 3,
    });
    const { code, stderr } = await pw("update", "--restart", "sometimes", "policy");
    expect([code, stderr]).toEqual([125, expect.stringContaining("is not a valid restart policy")]);
    await ok("rm", "policy");
  });

  test("health checks: added, changed in part, ended; times need a command", async () => {
    await ok("create", "--name", "healthy", "busybox", "sleep", "1000");
    const refused = await pw("update", "--health-interval", "10s", "healthy");
    expect([refused.code, refused.stderr]).toEqual([
      125,
      expect.stringContaining("healthcheck command is not set"),
    ]);
    await ok("update", "--health-cmd", "true", "--health-interval", "0", "healthy");
    await ok("update", "--health-retries", "7", "healthy");
    expect((await inspect("healthy")).Config["Healthcheck"]).toMatchObject({
      Test: ["CMD-SHELL", "true"],
      Retries: 7,
    });
    await ok("update", "--no-healthcheck", "healthy");
    expect((await inspect("healthy")).Config["Healthcheck"]).toMatchObject({ Test: ["NONE"] });
    await ok("rm", "healthy");
  });

  test("an unknown container; a pod's infra container", async () => {
    expect((await pw("update", "--cpus", "1", "nobody")).code).toBe(125);
    await ok("pod", "create", "--name", "holder");
    const infra = await ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "holder");
    expect((await pw("update", "--cpus", "1", infra)).stderr).toContain("pod update changes the pod");
    await ok("pod", "rm", "holder");
    await expectAsBefore(engine, before);
  });
});

describe("pod update", () => {
  beforeAll(async () => {
    await ok("pod", "create", "--name", "crew", "--label", "stage=test", "--label", "old=1");
    await ok("run", "-d", "--pod", "crew", "--name", "crew-one", "busybox", "sleep", "1000");
  });

  afterAll(async () => {
    await ok("pod", "rm", "-f", "-t", "0", "crew");
    await expectAsBefore(engine, before);
  });

  test("labels: added, changed, removed; pod ps finds it by them", async () => {
    const id = await ok("pod", "inspect", "-f", "{{.Id}}", "crew");
    expect(
      await ok("pod", "update", "-l", "stage=live", "--label", "new=2", "--label-rm", "old", "crew"),
    ).toBe(id);
    const [pod] = JSON.parse(await ok("pod", "inspect", "crew")) as readonly { readonly Labels: unknown }[];
    expect(pod?.Labels).toEqual({ new: "2", stage: "live" });
    expect(await ok("pod", "ps", "-q", "--no-trunc", "--filter", "label=stage=live")).toBe(id);
    expect(await ok("pod", "ps", "-q", "--filter", "label=old")).toBe("");
  });

  limits.test("limits of all its containers at once; CPUs reach the members' own cgroups", async () => {
    const member = await cgroupOf("crew-one");
    const pod = member.slice(0, member.lastIndexOf("/"));
    await ok(
      "pod",
      "update",
      "--memory",
      "300m",
      "--cpus",
      "0.5",
      "--cpuset-cpus",
      "0",
      "--pids-limit",
      "77",
      "crew",
    );
    expect(Number(limit(pod, MEMORY))).toBe(300 * MIB);
    expect(limit(pod, "pids.max")).toBe("77");
    expect(limit(pod, "cpuset.cpus")).toBe("0");
    if (!V2) expect(limit(member, "cpuset.cpus")).toBe("0");
    await ok("pod", "update", "--cpuset-cpus", "0-1", "crew");
    expect(limit(pod, "cpuset.cpus")).toBe("0-1");
    if (!V2) expect(limit(member, "cpuset.cpus")).toBe("0-1");
    const [shown] = JSON.parse(await ok("pod", "inspect", "crew")) as readonly Readonly<
      Record<string, unknown>
    >[];
    expect(shown).toMatchObject({ memory_limit: 300 * MIB, cpu_quota: 50_000, cpuset_cpus: "0-1" });
    await ok("pod", "stop", "-t", "0", "crew");
    await ok("pod", "update", "--memory", "400m", "crew");
    await ok("pod", "start", "crew");
    expect(Number(limit(pod, MEMORY))).toBe(400 * MIB);
  });

  test("restart policy, which members show that have none of their own", async () => {
    await ok("pod", "update", "--restart", "on-failure:2", "crew");
    expect((await inspect("crew-one")).HostConfig["RestartPolicy"]).toEqual({
      Name: "on-failure",
      MaximumRetryCount: 2,
    });
    await ok("pod", "update", "--restart", "no", "crew");
  });
});

limits.test(
  "kill -9 in the middle of update: all of it or nothing, in the record and in the cgroup",
  async () => {
    await ok("run", "-d", "--name", "struck", "-m", "100m", "busybox", "sleep", "1000");
    const cgroup = await cgroupOf("struck");
    const outcomes = new Set<boolean>();
    for (let point = 1; point <= 12; point++) {
      await ok("update", "-m", "100m", "struck");
      const child = Bun.spawn([...engine.argv, "update", "-m", "150m", "--env", `POINT=${point}`, "struck"], {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "ignore",
      });
      const timer = setTimeout(() => child.kill(9), point * 8);
      await child.exited;
      clearTimeout(timer);
      await ok("update", "--env", "SETTLED=1", "struck");
      const size = (await inspect("struck")).HostConfig["Memory"];
      expect([100 * MIB, 150 * MIB]).toContain(Number(size));
      expect(Number(limit(cgroup, MEMORY))).toBe(Number(size));
      outcomes.add(size === 150 * MIB);
    }
    expect(outcomes).toContain(false);
    await ok("rm", "-f", "-t", "0", "struck");
    await expectAsBefore(engine, before);
  },
);

test("events tell of each", async () => {
  await ok("create", "--name", "told", "busybox");
  await ok("update", "--env", "A=1", "told");
  const { code, stdout } = await pw("events", "--stream=false", "--since", "1m", "--filter", "event=update");
  // Until there is a command that shows them.
  if (code === 0) expect(stdout).toContain("told");
  await ok("rm", "told");
});
