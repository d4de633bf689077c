import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, truncateSync } from "node:fs";
import { openTestEngine, type TestEngine } from "../../testing/container-engine.ts";
import { expectPortHeldByMonitorAlone } from "../../testing/held-ports-case.ts";
import { inOwnNamespaces, sh, succeeds, temporaryDirectory } from "../../testing/kernel.ts";
import { readHierarchies } from "../host/cgroup/hierarchies.ts";
import { crunObstacle } from "../host/oci-runtime/choose.ts";
import { waitForHandler } from "../../testing/waiting.ts";

const HUGETLB = "/sys/fs/cgroup/hugetlb";

/** On a hybrid host crun works once no controller is left to the unified hierarchy: in this mount namespace. */
function makeCrunWork(): boolean {
  if (!succeeds("command -v crun")) return false;
  if (crunObstacle(() => readHierarchies().all) === undefined) return true;
  const made = !existsSync(HUGETLB);
  if (made) mkdirSync(HUGETLB);
  const mounted = succeeds(`mount -t cgroup -o hugetlb cgroup ${HUGETLB}`);
  afterAll(() => {
    if (mounted) sh(`umount ${HUGETLB}`);
    if (made) rmdirSync(HUGETLB);
  });
  return mounted && crunObstacle(() => readHierarchies().all) === undefined;
}

inOwnNamespaces(import.meta.path, () => {
  const works = makeCrunWork();
  const one = (id: string) => ({ names: [id], all: false });
  const remove = { force: true, ignore: false, volumes: true, depend: false, timeout: 0 };

  async function attached(engine: TestEngine, id: string) {
    const out: Uint8Array[] = [];
    const streams = { stdout: (c: Uint8Array) => void out.push(c), stderr: () => {}, detachKeys: [] };
    const result = await engine.containers.startAttached(id, streams);
    return { exitCode: result.exitCode, out: Buffer.concat(out).toString() };
  }

  async function finish(engine: TestEngine): Promise<void> {
    await engine.containers.remove({ names: [], all: true }, remove);
    await engine.ctx.cgroups.remove(engine.ctx.settings.cgroup);
  }

  test.skipIf(!works)(
    "crun is started by its fifo, gives output and exit code, and leaves nothing",
    async () => {
      using dir = temporaryDirectory();
      const engine = openTestEngine(dir.path, { runtime: "crun" });
      const id = engine.add(["sh", "-c", "echo from crun; exit 6"]);
      expect(await attached(engine, id)).toEqual({ exitCode: 6, out: "from crun\n" });
      await finish(engine);
      expect(sh(`find ${dir.path}/run -mindepth 2 ! -name crun`)).toBe("");
    },
  );

  test.skipIf(!works)("a published port is held by the monitor alone", async () => {
    using dir = temporaryDirectory();
    sh("ip link set lo up");
    await finish(await expectPortHeldByMonitorAlone(dir.path, "crun"));
  });

  test.skipIf(!works)("crun's failures have Podman's texts and statuses", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path, { runtime: "crun" });
    const failure = async (command: string) => {
      const [outcome] = await engine.containers.start(one(engine.add([command])));
      return outcome?.error;
    };
    expect(await failure("nowhere")).toMatchObject({
      exitCode: 127,
      message:
        "crun: executable file `nowhere` not found in $PATH: No such file or directory: " +
        "OCI runtime attempted to invoke a command that was not found",
    });
    expect(await failure("/etc/not-a-program")).toMatchObject({ exitCode: 126 });
    await finish(engine);
  });

  test.skipIf(!works)("a seccomp filter is compiled once, and then does the same", async () => {
    using dir = temporaryDirectory();
    const seccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
      syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }],
    };
    const engine = openTestEngine(dir.path, { runtime: "crun", seccomp });
    const { runRoot } = engine.ctx.settings;
    const look = "grep -E 'Seccomp|Spec|NoNew|Cap' /proc/self/status; mkdir /tmp/new 2>&1";
    /** What a container says, and whether its filter was given to the runtime compiled. */
    const seen = async (): Promise<{ out: string; compiled: boolean }> => {
      const id = engine.add(["sh", "-c", `${look}; sleep 1000`]);
      await engine.containers.start(one(id));
      const spec = readFileSync(`${runRoot}/containers/${id}/config.json`, "utf8");
      expect(spec.includes('"seccomp":')).toBe(!spec.includes("run.oci.seccomp_bpf_data"));
      const request = { env: [], tty: false, interactive: false, privileged: false };
      const refused = ["sh", "-c", "mkdir /tmp/exec; test -e /tmp/exec"];
      expect(await engine.containers.exec(id, { ...request, command: refused })).toBe(1);
      const logged = () => readFileSync(`${engine.ctx.settings.root}/containers/${id}/ctr.log`, "utf8");
      while (!logged().includes("mkdir:")) await Bun.sleep(10);
      const log = logged();
      await engine.containers.remove(one(id), remove);
      return {
        out: log.replaceAll(/^\S+ /gm, ""),
        compiled: !spec.includes('"seccomp":'),
      };
    };
    const first = await seen();
    expect(first).toEqual({ out: expect.stringContaining("Seccomp:\t2"), compiled: false });
    expect(first.out).toContain("mkdir: can't create directory '/tmp/new': No space left on device");
    const [kept = ""] = readdirSync(`${runRoot}/seccomp`);
    expect(await seen()).toEqual({ ...first, compiled: true });
    // A file that cannot be a filter is left alone, and the profile is compiled as ever.
    truncateSync(`${runRoot}/seccomp/${kept}`, 12);
    expect(await seen()).toEqual(first);
    await finish(engine);
  });

  test.skipIf(!works)("crun: exec, restart, stop", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path, { runtime: "crun" });
    const id = engine.add(["sh", "-c", "trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done"]);
    await engine.containers.start(one(id));
    const request = { env: ["A=b"], tty: false, interactive: false, privileged: false };
    expect(
      await engine.containers.exec(id, { ...request, command: ["sh", "-c", "test $A = b; exit 4$?"] }),
    ).toBe(40);
    expect(engine.containers.exec(id, { ...request, command: ["nowhere"] })).rejects.toMatchObject({
      exitCode: 127,
    });
    const out: Uint8Array[] = [];
    const session = await engine.containers.execAttached(
      id,
      { ...request, tty: true, command: ["sh", "-c", "tty; exit 11"] },
      { stdout: (c) => void out.push(c), stderr: () => {}, detachKeys: [] },
    );
    expect([session.exitCode, Buffer.concat(out).toString()]).toEqual([11, "/dev/pts/0\r\n"]);
    const again = { timeout: 5, ignore: false, runningOnly: false };
    expect((await engine.containers.restart(one(id), again))[0]?.error).toBeUndefined();
    await waitForHandler(engine.ctx.store.containers.get(id)?.state.run?.pid?.pid ?? 0, "SIGTERM");
    expect((await engine.containers.stop(one(id), { timeout: 5, ignore: false }))[0]?.error).toBeUndefined();
    expect(engine.ctx.store.containers.get(id)?.state.exit?.exitCode).toBe(9);
    const log = readFileSync(`${engine.ctx.settings.root}/containers/${id}/ctr.log`, "utf8");
    expect(log.match(/stdout F up/g)?.length).toBe(2);
    await finish(engine);
  });
});
