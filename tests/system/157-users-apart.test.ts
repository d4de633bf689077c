/** What one user may not do to another's engine, to root's, and to the machine; each attempt works for whose thing it is. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { host, openEngine, type Result } from "./engine.ts";
import { addUser, forgetUsers, holderOf, type OrdinaryUser, prepareForUsers } from "./ordinary-user.ts";

const roots = openEngine();
/** Where attempts are made on the machine; its name stands in for root's password file. */
const SECRET = "/root/.podwright-test-secret";
let ada: OrdinaryUser;
let bob: OrdinaryUser;
/** First processes of ada's and root's container, and the process that holds ada's namespaces. */
let theirs = "";
let rootsOwn = "";
let holder = "";

beforeAll(async () => {
  await prepareForUsers();
  ada = await addUser("ada", 4203, 3_000_000);
  bob = await addUser("bob", 4204, 4_000_000);
  writeFileSync(SECRET, "secret\n", { mode: 0o600 });
  for (const user of [ada, bob]) await user.ok("pull", "-q", "busybox");
  await roots.ok("pull", "-q", "busybox");
  const container = ["run", "-d", "--name", "theirs", "--network", "none", "busybox", "sh", "-c"];
  const script = "echo secret >/own; exec sleep 1000";
  await ada.ok(...container, script);
  await roots.ok(...container, script);
  theirs = await ada.ok("inspect", "-f", "{{.State.Pid}}", "theirs");
  rootsOwn = await roots.ok("inspect", "-f", "{{.State.Pid}}", "theirs");
  holder = String(holderOf(ada));
});

afterAll(async () => {
  await roots.ok("rm", "-f", "-t", "0", "theirs");
  // The holders go with their users' stores.
  for (const user of [ada, bob]) await user.ok("system", "reset", "-f");
  await host("rm", SECRET);
  await forgetUsers();
});

const PTRACE = `
import ctypes, os, sys
libc, pid = ctypes.CDLL(None), int(sys.argv[1])
attached = libc.ptrace(16, pid, None, None) == 0
if attached: os.waitpid(pid, 0x40000000); libc.ptrace(17, pid, None, None)
sys.exit(0 if attached else 1)`;

/** What can be tried against a process from outside of its namespaces. */
function onProcess(pid: string): readonly (readonly string[])[] {
  return [
    ["ls", `/proc/${pid}/root/`],
    ["cat", `/proc/${pid}/environ`],
    ["ls", `/proc/${pid}/fd`],
    ["readlink", `/proc/${pid}/ns/mnt`],
    ["nsenter", "-t", pid, "-U", "--preserve-credentials", "true"],
    ["nsenter", "-t", pid, "-U", "-m", "--preserve-credentials", "true"],
    ["sh", "-c", `kill -CONT ${pid}`],
    ["python3", "-c", PTRACE, pid],
  ];
}

async function expectRefused(tried: Result): Promise<void> {
  expect({ argv: tried.argv.slice(-4), refused: tried.code !== 0, stdout: tried.stdout }).toEqual({
    argv: tried.argv.slice(-4),
    refused: true,
    stdout: "",
  });
}

const inContainer = (user: OrdinaryUser, ...args: readonly string[]): Promise<Result> =>
  user.pw("run", "--rm", "--network", "none", ...args);

describe("another user's", () => {
  test("processes can be neither read, joined, traced nor signalled", async () => {
    for (const pid of [theirs, holder]) {
      for (const attempt of onProcess(pid)) {
        expect([attempt, (await ada.run(attempt)).code]).toEqual([attempt, 0]);
        await expectRefused(await bob.run(attempt));
        await expectRefused(await bob.run(["podwright", "unshare", ...attempt]));
      }
    }
  });

  test("store, state, runtime directory and sockets cannot be reached", async () => {
    const store = `${ada.home}/.local/share/podwright`;
    const inside = `/proc/${holder}/root${ada.runtime}/podwright`;
    const id = await ada.ok("inspect", "-f", "{{.Id}}", "theirs");
    const attempts = [
      ["ls", store],
      ["cat", `${store}/state.db`],
      ["cat", `${store}/containers/${id}/ctr.log`],
      ["ls", ada.runtime],
      ["ls", inside],
      ["ls", `${inside}/containers/${id}/attach`],
      ["podwright", "--root", store, "--runroot", `${ada.runtime}/podwright`, "ps"],
      ["podwright", "--root", store, "--runroot", `${bob.runtime}/other`, "ps", "-a"],
      ["podwright", "--runroot", `${ada.runtime}/podwright`, "ps"],
    ];
    for (const attempt of attempts) await expectRefused(await bob.run(attempt));
    // Sockets without a file are open to all who share the network: there are none of ours.
    expect(readFileSync("/proc/net/unix", "utf8")).not.toMatch(/@.*(podwright|conmon)/);
  });

  test("containers and namespaces cannot be shared by a container", async () => {
    for (const kind of ["pid", "ipc", "uts", "network"]) {
      await expectRefused(await bob.pw("run", "--rm", `--${kind}=container:theirs`, "busybox", "true"));
      const path = `ns:/proc/${theirs}/ns/${kind === "network" ? "net" : kind}`;
      await expectRefused(await bob.pw("run", "--rm", `--${kind}=${path}`, "busybox", "true"));
    }
    for (const verb of [
      ["exec", "theirs", "true"],
      ["logs", "theirs"],
      ["cp", "theirs:/own", bob.home],
    ])
      await expectRefused(await bob.pw(...verb));
  });

  test("files cannot be mounted", async () => {
    const store = `${ada.home}/.local/share/podwright`;
    for (const source of [store, ada.home, ada.runtime, `/proc/${theirs}/root`, `/proc/${holder}/root`])
      await expectRefused(await inContainer(bob, "-v", `${source}:/x`, "busybox", "ls", "/x/"));
  });

  test("processes are out of reach for a privileged container that sees them, too", async () => {
    const rights = ["--privileged", "--pid=host", "busybox"];
    for (const pid of [theirs, holder]) {
      for (const script of [`ls /proc/${pid}/root/`, `kill -CONT ${pid}`, `nsenter -t ${pid} -m true`])
        await expectRefused(await inContainer(bob, ...rights, "sh", "-c", script));
    }
  });
});

describe("root's", () => {
  test("processes and engine are as far away", async () => {
    for (const attempt of onProcess(rootsOwn)) {
      expect([attempt, (await host(...attempt.filter((word) => word !== "-U"))) !== undefined]).toEqual([
        attempt,
        true,
      ]);
      await expectRefused(await bob.run(attempt));
      await expectRefused(await bob.run(["podwright", "unshare", ...attempt]));
    }
    for (const kind of ["pid", "ipc", "uts"]) {
      const path = `ns:/proc/${rootsOwn}/ns/${kind}`;
      await expectRefused(await bob.pw("run", "--rm", `--${kind}=${path}`, "busybox", "true"));
    }
    const program = ["podwright", "--root", roots.root, "--runroot", roots.runRoot];
    await expectRefused(await bob.run([...program, "ps", "-a"]));
  });

  test("files cannot be mounted: what the user cannot read stays unread", async () => {
    for (const source of [SECRET, "/root", "/etc/shadow"]) {
      const script = "cat /x || ls /x/.podwright-test-secret";
      const tried = await inContainer(bob, "-v", `${source}:/x`, "busybox", "sh", "-c", script);
      await expectRefused(tried);
      const mount = `type=bind,src=${source},dst=/x`;
      await expectRefused(
        await inContainer(bob, "--privileged", "--mount", mount, "busybox", "sh", "-c", script),
      );
    }
  });
});

describe("the machine", () => {
  test("gives a privileged container of a user no right that the user does not have", async () => {
    const attempts = [
      "mknod /disk b 254 0",
      "mknod /null c 1 3",
      "mount -t ext4 /dev/vda /mnt",
      "mount -t devtmpfs x /mnt",
      "mount -t cgroup -o devices x /mnt",
      "echo core >/proc/sys/kernel/core_pattern",
      "echo 1 >/proc/sys/kernel/panic",
      "echo 1 >/proc/sys/vm/drop_caches",
      "echo h >/proc/sysrq-trigger",
      "echo 0 >/proc/self/oom_score_adj && echo -1000 >/proc/self/oom_score_adj",
      "nsenter -t 1 -n true",
      "nsenter -t 1 -m true",
      "ls /proc/1/root/",
      "test $(nice -n -20 nice) = -20",
      "ip link set lo down",
      "hostname taken",
      "insmod /etc/passwd",
      "swapon /dev/vda",
      "reboot -f",
      "date -s 200101010000; test $(date +%Y) = 2001",
    ];
    const rights = ["--privileged", "--pid=host", "--uts=host", "--network=host", "busybox", "sh", "-c"];
    // Each in a shell of its own; what succeeds is printed.
    const each = 'for attempt; do sh -c "$attempt" >/dev/null 2>&1 && echo "$attempt"; done; echo all';
    expect(await bob.ok("run", "--rm", ...rights, each, "sh", "true", ...attempts)).toBe("true\nall");
  });

  test("shows all capabilities as those of the user's namespace alone", async () => {
    const show = ["sh", "-c", "grep CapBnd /proc/self/status; cat /proc/self/uid_map"];
    const { stdout } = await inContainer(bob, "--privileged", "busybox", ...show);
    const [bound = "", first = ""] = stdout.split("\n");
    expect(bound).toMatch(/^CapBnd:\t0*1f+$|^CapBnd:\t0*[37]?f+$/);
    expect(first.trim().split(/\s+/)).toEqual(["0", String(bob.uid), "1"]);
  });
});
