/** What Kubernetes YAML asks of pods: init containers, sidecars, hooks, facts of the sandbox. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PodVolume } from "../../packages/spec/src/engine-api/pods.ts";
import { host, openEngine, setting } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { type InProcess, inProcess } from "./in-process.ts";
import { POD_ADDRESS, rootOnly, USER } from "./user.ts";
import { waitFor, waitForHandler } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw } = engine;
let before: HostState;
let inner: InProcess;

beforeAll(async () => {
  before = await warmUp(engine);
  inner = inProcess(engine);
});

afterEach(async () => {
  await pw("pod", "rm", "-f", "-t", "0", "-a");
  await expectAsBefore(engine, before);
});

afterAll(() => expectCleanEnd(engine, before));

const SLEEP = ["sleep", "1000"];
const mount = (source: string, destination: string, options: readonly string[] = []) =>
  ({ kind: "pod-volume", source, destination, options }) as const;
const sh = (name: string, script: string) => ok("exec", name, "sh", "-c", script);

describe("init containers", () => {
  const volumes: readonly PodVolume[] = [{ name: "log", content: { kind: "directory" } }];
  const mounts = [mount("log", "/log")];
  const say = (word: string, more = ""): readonly string[] => [
    "sh",
    "-c",
    `echo ${word} >>/log/order; ${more}`,
  ];

  test("run one after the other before the rest; `once` goes, `always` runs at each start", async () => {
    await inner.pod("init", { volumes });
    await inner.member("init", say("main", "sleep 1000"), {
      flags: ["--name", "main", "--stop-timeout", "0"],
      mounts,
    });
    await inner.member("init", say("first", "sleep 0.2; echo first-done >>/log/order"), {
      flags: ["--name", "first"],
      initContainer: "once",
      mounts,
    });
    await inner.member("init", say("second"), {
      flags: ["--name", "second"],
      initContainer: "always",
      mounts,
    });
    await inner.start("init");
    const order = () =>
      waitFor("main to write", async () => {
        const text = await sh("main", "cat /log/order");
        return text.endsWith("main") ? text.replaceAll("\n", " ") : undefined;
      });
    expect(await order()).toBe("first first-done second main");
    expect((await pw("container", "exists", "first")).code).toBe(1);
    expect(await ok("pod", "ps", "--format", "{{.Status}}")).toBe("Running");
    await ok("pod", "start", "init");
    await ok("pod", "restart", "init");
    expect(await order()).toBe("first first-done second main second main");
  });

  test("one that fails is named with its exit code and its last words; nothing else starts", async () => {
    await inner.pod("init", { volumes });
    await inner.member("init", SLEEP, {
      flags: ["--name", "side"],
      initContainer: "sidecar",
      stopTimeout: 0,
    });
    await inner.member("init", ["sh", "-c", "echo trying; echo no database >&2; exit 3"], {
      flags: ["--name", "migrate"],
      initContainer: "once",
    });
    await inner.member("init", SLEEP, { flags: ["--name", "main"] });
    const { code, stderr } = await pw("pod", "start", "init");
    expect([code, stderr]).toEqual([
      125,
      expect.stringContaining("init container migrate of pod init exited with code 3: trying; no database"),
    ]);
    expect(
      await ok("ps", "-a", "--filter", "pod=init", "--format", "{{.Names}} {{.State}}", "--sort", "names"),
    ).not.toContain("running");
    expect(await ok("inspect", "-f", "{{.State.Status}}", "main")).toBe("created");
  });

  test("are made on the command line with --init-ctr", async () => {
    expect((await pw("create", "--init-ctr", "once", "busybox")).stderr).toContain(
      "must specify pod value with init-ctr",
    );
    await ok("pod", "create", "--name", "init");
    expect((await pw("create", "--pod", "init", "--init-ctr", "never", "busybox")).stderr).toContain(
      "init-ctr value must be 'always' or 'once'",
    );
    await ok("create", "--pod", "init", "--init-ctr", "once", "--name", "i", "busybox", "true");
    await ok("create", "--pod", "init", "--name", "main", "busybox", "sleep", "1000");
    await ok("start", "main");
    expect(await ok("inspect", "-f", "{{.State.Status}}", "i")).toBe("created");
    await ok("pod", "stop", "-t", "0", "init");
    await ok("pod", "start", "init");
    expect((await pw("container", "exists", "i")).code).toBe(1);
  });

  test("sidecars start in their place, stay, and stop last, in reverse", async () => {
    await inner.pod("side", { volumes });
    const serve = (word: string) =>
      say(`${word}-up`, `trap 'echo ${word}-down >>/log/order; exit 0' TERM; while :; do sleep 0.05; done`);
    const ready = {
      postStart: { kind: "exec", command: ["sh", "-c", "until grep -q up /log/order; do sleep 0.05; done"] },
    } as const;
    await inner.member("side", serve("a"), {
      flags: ["--name", "a"],
      initContainer: "sidecar",
      mounts,
      lifecycle: ready,
    });
    await inner.member("side", say("init"), { flags: ["--name", "i"], initContainer: "always", mounts });
    await inner.member("side", serve("b"), {
      flags: ["--name", "b"],
      initContainer: "sidecar",
      mounts,
      lifecycle: {
        postStart: {
          kind: "exec",
          command: ["sh", "-c", "until grep -q b-up /log/order; do sleep 0.05; done"],
        },
      },
    });
    await inner.member("side", serve("main"), { flags: ["--name", "main"], mounts });
    await inner.start("side");
    await waitFor("main", async () => (await sh("main", "cat /log/order")).includes("main-up") || undefined);
    const id = (await ok("pod", "inspect", "-f", "{{.Id}}", "side")).trim();
    const order = async () =>
      (await Bun.file(join(engine.root, "pods", id, "volumes", "log", "order")).text()).trim().split("\n");
    await ok("pod", "stop", "side");
    expect(await order()).toEqual(["a-up", "init", "b-up", "main-up", "main-down", "b-down", "a-down"]);
  });

  test("a pod whose exit policy is stop ends with its containers; its sidecars are stopped", async () => {
    await inner.pod("job", { volumes, exitPolicy: "stop" });
    await inner.member("job", SLEEP, { flags: ["--name", "side"], initContainer: "sidecar", stopTimeout: 0 });
    await inner.member("job", ["sleep", "0.5"], { flags: ["--name", "main"] });
    await inner.member("job", ["true"], { flags: ["--name", "short"] });
    await inner.start("job");
    expect(await ok("inspect", "-f", "{{.State.Status}}", "side")).toBe("running");
    await waitFor(
      "the pod's end",
      async () => (await ok("pod", "inspect", "-f", "{{.State}}", "job")) === "Exited" || undefined,
    );
    expect(await ok("inspect", "-f", "{{.State.Status}}", "side")).toBe("exited");
  });
});

describe("hooks", () => {
  test("postStart fails the start and kills the container; its reason is told", async () => {
    await inner.pod("hooks");
    const command = ["sh", "-c", "echo not ready >&2; exit 4"];
    await inner.member("hooks", SLEEP, {
      flags: ["--name", "main"],
      lifecycle: { postStart: { kind: "exec", command } },
    });
    await expect(inner.start("hooks")).rejects.toThrow(
      `postStart hook of container main failed: command ${JSON.stringify(command)} exited with 4: not ready`,
    );
    await waitFor(
      "its end",
      async () => (await ok("inspect", "-f", "{{.State.Status}}", "main")) === "exited" || undefined,
    );
  });

  test("http and tcp hooks reach the container by its address", async () => {
    await inner.pod("hooks");
    const serve = ["sh", "-c", "mkdir /www; echo hi >/www/ok; exec httpd -f -p 8080 -h /www"];
    const http = { kind: "http", host: "", port: 8080, path: "ok", scheme: "HTTP", headers: [] } as const;
    await inner.member("hooks", serve, { flags: ["--name", "web"] });
    await inner.start("hooks");
    await inner.member("hooks", SLEEP, { flags: ["--name", "good"], lifecycle: { postStart: http } });
    await inner.start("hooks");
    await inner.member("hooks", SLEEP, {
      flags: ["--name", "tcp"],
      lifecycle: { postStart: { kind: "tcp", host: "", port: 8080 } },
    });
    await inner.start("hooks");
    await inner.member("hooks", SLEEP, {
      flags: ["--name", "missing"],
      lifecycle: { postStart: { ...http, path: "/no" } },
    });
    await expect(inner.start("hooks")).rejects.toThrow(
      new RegExp(`GET http://${POD_ADDRESS}:8080/no: HTTP status 404`),
    );
    await ok("rm", "-f", "missing");
    await inner.member("hooks", SLEEP, {
      flags: ["--name", "closed"],
      lifecycle: { postStart: { kind: "tcp", host: "", port: 9 } },
    });
    await expect(inner.start("hooks")).rejects.toThrow(new RegExp(`connecting to ${POD_ADDRESS}:9`));
  });

  test("preStop runs before the signal, within the stop's time, and no hanging one holds it up", async () => {
    await inner.pod("hooks", { volumes: [{ name: "log", content: { kind: "directory" } }] });
    const mounts = [mount("log", "/log")];
    const trap = ["sh", "-c", "trap 'echo term >>/log/order; exit 0' TERM; while :; do sleep 0.05; done"];
    const hook = (script: string) => ({ preStop: { kind: "exec", command: ["sh", "-c", script] } }) as const;
    await inner.member("hooks", trap, {
      flags: ["--name", "good"],
      mounts,
      lifecycle: hook("echo hook >>/log/order"),
    });
    await inner.member("hooks", SLEEP, {
      flags: ["--name", "hangs", "--stop-timeout", "1"],
      mounts,
      lifecycle: hook("sleep 77; sleep 78"),
    });
    await inner.member("hooks", SLEEP, { flags: ["--name", "look"], mounts });
    await inner.start("hooks");
    await waitForHandler(Number(await ok("inspect", "-f", "{{.State.Pid}}", "good")), "SIGTERM");
    await ok("stop", "good");
    expect(await sh("look", "cat /log/order")).toBe("hook\nterm");
    const started = performance.now();
    const { code, stderr } = await pw("stop", "hangs");
    expect(code).toBe(0);
    expect(stderr).toContain("preStop hook of container hangs failed");
    // Not the 77 seconds of its hook.
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe("who a container runs as", () => {
  test("runAsNonRoot refuses uid 0, at once where it can be known, else at the start", async () => {
    await inner.pod("who");
    const runAsNonRoot = true;
    await expect(inner.member("who", SLEEP, { runAsNonRoot })).rejects.toThrow(
      "container has runAsNonRoot and image will run as root",
    );
    await expect(inner.member("who", SLEEP, { flags: ["--user", "0:1"], runAsNonRoot })).rejects.toThrow(
      "container's runAsUser breaks non-root policy",
    );
    await inner.member("who", SLEEP, { flags: ["--user", "root", "--name", "named"], runAsNonRoot });
    await expect(inner.start("who")).rejects.toThrow(
      "container has runAsNonRoot and image will run as root (container: named)",
    );
    await ok("rm", "named");
    await inner.member("who", SLEEP, { flags: ["--user", "1000", "--name", "fine"], runAsNonRoot });
    await inner.start("who");
  });
});

describe("facts of the sandbox", () => {
  const sandboxEnv = { POD_IP: "podIP", POD_IPS: "podIPs", HOST_IP: "hostIP" } as const;
  const env = ["URL=http://$(POD_IP):80/$$(POD_IP)/$(OTHER)"];
  const command = ["sh", "-c", 'echo "$URL"; echo $(POD_IP) $HOST_IP; sleep 1000'];

  test("are in the environment and the command at each start, and in what is run later", async () => {
    await inner.pod("facts");
    const id = await inner.member("facts", command, { flags: ["--name", "main"], env, sandboxEnv });
    await inner.start("facts");
    const ip = await waitFor("the log", async () => /http:\/\/(\S+):80/.exec(await ok("logs", id))?.[1]);
    expect(ip).toMatch(new RegExp(`^${POD_ADDRESS}$`));
    const gateway = await sh("main", "ip route | grep ^default | cut -d' ' -f3");
    expect(await ok("logs", id)).toBe(`http://${ip}:80/$(POD_IP)/$(OTHER)\n${ip} ${gateway}`);
    expect(await sh("main", "ip -o -4 address show dev eth0")).toContain(`${ip}/`);
    expect(await sh("main", "echo $POD_IP $POD_IPS $URL")).toBe(
      `${ip} ${ip} http://${ip}:80/$(POD_IP)/$(OTHER)`,
    );
  });

  test("with the host's network they are the host's", async () => {
    await ok("network", "create", "warm");
    await ok("network", "rm", "warm");
    await inner.pod("facts", { network: { kind: "host" }, addHost: ["db:10.9.8.7"] });
    await inner.member(
      "facts",
      ["sh", "-c", 'test "$POD_IP" = "$HOST_IP" && echo "<$POD_IP>"; grep 10.9.8.7 /etc/hosts; sleep 1000'],
      { flags: ["--name", "main"], sandboxEnv },
    );
    await inner.start("facts");
    const line = await waitFor("the log", async () => /<(.*)>/.exec(await ok("logs", "main"))?.[1]);
    expect(line).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(await ok("logs", "main")).toContain("db");
  });
});

describe("members that differ from their pod", () => {
  test("may have the host's PIDs and IPC", async () => {
    await inner.pod("host");
    await inner.member("host", SLEEP, { flags: ["--name", "pid", "--pid", "host"] });
    await inner.member("host", SLEEP, { flags: ["--name", "ipc", "--ipc", "host"] });
    await inner.start("host");
    expect(await sh("pid", "readlink /proc/self/ns/pid")).toBe(
      await ok("run", "--rm", "--pid", "host", "busybox", "readlink", "/proc/self/ns/pid"),
    );
    expect(await sh("ipc", "readlink /proc/self/ns/ipc")).toBe(
      await ok("run", "--rm", "--ipc", "host", "busybox", "readlink", "/proc/self/ns/ipc"),
    );
  });

  test("sysctls, numeric groups, unmasked paths, propagation and read-only parts do what they say", async () => {
    const shared = join(setting("WORK"), "shared-tree");
    mkdirSync(join(shared, "sub"), { recursive: true });
    writeFileSync(join(shared, "sub", "file"), "x");
    await inner.pod("mixed", {
      sysctls: { "net.ipv4.ip_unprivileged_port_start": "77", "kernel.shm_rmid_forced": "1" },
    });
    const bind = (destination: string, options: readonly string[], subPath?: string) =>
      ({
        kind: "bind",
        source: shared,
        destination,
        options,
        ...(subPath === undefined ? {} : { subPath }),
      }) as const;
    await inner.member("mixed", SLEEP, {
      flags: [
        "--name",
        "main",
        "--group-add",
        "4321",
        "--group-add",
        "5",
        "--security-opt",
        "unmask=/proc/acpi:/proc/keys",
      ],
      mounts: [bind("/slave", ["rslave"]), bind("/part", ["ro"], "sub")],
    });
    await inner.start("mixed");
    expect(
      await sh("main", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced"),
    ).toBe("77\n1");
    expect((await sh("main", "id -G")).split(" ").sort()).toEqual(expect.arrayContaining(["4321", "5"]));
    expect(await sh("main", "head -c1 /proc/keys >/dev/null && cat /part/file")).toBe("x");
    expect((await pw("exec", "main", "touch", "/part/new")).stderr).toContain("Read-only");
    expect(await sh("main", "grep ' /slave ' /proc/self/mountinfo")).toMatch(/master:|shared:|- /);
  });

  const seenOutside = rootOnly("what a user's container mounts is seen in the user's mount namespace alone");
  seenOutside.test(
    "see the host's later mounts with rslave, and give theirs with rshared; an image is a mount as well",
    async () => {
      const shared = join(setting("WORK"), "propagated");
      for (const name of ["from-host", "from-member"]) mkdirSync(join(shared, name), { recursive: true });
      await host("mount", "--bind", shared, shared);
      await host("mount", "--make-shared", shared);
      const bind = (option: string) =>
        ({ kind: "bind", source: shared, destination: "/tree", options: [option] }) as const;
      const image = { kind: "image", source: "busybox", destination: "/img", options: ["ro"] } as const;
      await inner.pod("mixed");
      await inner.member("mixed", SLEEP, { flags: ["--name", "private"], mounts: [bind("rprivate")] });
      await inner.member("mixed", SLEEP, { flags: ["--name", "slave"], mounts: [bind("rslave"), image] });
      const flags = ["--name", "sharing", "--privileged"];
      await inner.member("mixed", SLEEP, { flags, mounts: [bind("rshared")] });
      await inner.start("mixed");
      await host("mount", "-t", "tmpfs", "tmpfs", join(shared, "from-host"));
      writeFileSync(join(shared, "from-host", "new"), "");
      expect(await sh("slave", "ls /tree/from-host")).toBe("new");
      expect(await sh("private", "ls /tree/from-host")).toBe("");
      await sh("sharing", "mount -t tmpfs tmpfs /tree/from-member && touch /tree/from-member/mine");
      expect(readdirSync(join(shared, "from-member"))).toEqual(["mine"]);
      expect(await sh("slave", "ls /img/bin/busybox; ls /tree/from-member")).toBe("/img/bin/busybox\nmine");
      expect((await pw("exec", "slave", "touch", "/img/new")).stderr).toContain("Read-only");
      await ok("pod", "rm", "-f", "-t", "0", "mixed");
      await host("umount", "-R", shared);
    },
  );

  test("a sysctl of the host is not a pod's to set", async () => {
    for (const [share, network] of [
      ["net", "host"],
      ["ipc", "none"],
    ] as const) {
      const pod = ["pod", "create", "--share", share, "--network", network];
      const { code, stderr } = await pw(...pod, "--sysctl", "net.ipv4.ip_forward=1");
      expect([code, stderr]).toEqual([125, expect.stringContaining("since Network Namespace set to host")]);
    }
  });
});

describe("kube play", () => {
  const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
---
apiVersion: v1
kind: Pod
metadata: {name: full}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  securityContext: {fsGroup: 3000, runAsUser: 1000, runAsNonRoot: true}
  volumes:
  - {name: scratch, emptyDir: {}}
  - {name: ram, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - {name: conf, configMap: {name: settings, defaultMode: 0440}}
  initContainers:
  - name: prepare
    image: busybox
    command: [sh, -c, "echo prepared >/scratch/state"]
    volumeMounts: [{name: scratch, mountPath: /scratch}]
  - name: logger
    image: busybox
    restartPolicy: Always
    command: [sh, -c, "echo logger >>/scratch/state; exec sleep 1000"]
    volumeMounts: [{name: scratch, mountPath: /scratch}]
    lifecycle:
      postStart: {exec: {command: [sh, -c, "until grep -q logger /scratch/state; do sleep 0.05; done"]}}
  containers:
  - name: main
    image: busybox
    args: [sh, -c, "echo $(MY_IP) >>/scratch/state; cat /conf/greeting /etc/one >>/scratch/state; exec sleep 1000"]
    env:
    - {name: MY_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    volumeMounts:
    - {name: scratch, mountPath: /scratch}
    - {name: ram, mountPath: /ram}
    - {name: conf, mountPath: /conf}
    - {name: conf, mountPath: /etc/one, subPath: greeting}
    lifecycle:
      preStop: {exec: {command: [sh, -c, "echo stopping >>/scratch/state"]}}
`;

  // A first use leaves its network, which later ones share.
  beforeAll(async () => {
    const pod =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: warm}\nspec: {containers: [{name: a, image: busybox}]}";
    await engine.run(["kube", "play", "--start=false", "-"], { stdin: pod });
    await engine.run(["kube", "down", "-"], { stdin: pod });
    if (USER === undefined)
      await ok("run", "--rm", "--network", "podman-default-kube-network", "busybox", "true");
    before = await hostState(engine);
  });

  test("gives a pod all of these", async () => {
    const played = await engine.run(["kube", "play", "-"], { stdin: manifest });
    expect([played.code, played.stderr]).toEqual([0, expect.not.stringContaining("Error")]);
    const state = await waitFor("main to write", async () => {
      const text = await sh("full-main", "cat /scratch/state");
      return text.includes("hellohello") ? text : undefined;
    });
    expect(state).toMatch(new RegExp(`^prepared\nlogger\n${POD_ADDRESS}\nhellohello$`));
    expect(
      await sh("full-main", "id -u; id -G; stat -c '%a %g' /scratch /ram /conf/greeting; touch /ram/x"),
    ).toBe("1000\n1000 2000 3000\n2777 3000\n2777 3000\n440 3000");
    const id = await ok("pod", "inspect", "-f", "{{.Id}}", "full");
    const file = Bun.file(join(engine.root, "pods", id, "volumes", "scratch", "state"));
    await ok("pod", "stop", "full");
    expect(await file.text()).toEndWith("stopping\n");
    await engine.run(["kube", "down", "-"], { stdin: manifest });
    expect((await pw("pod", "exists", "full")).code).toBe(1);
  });
});
