/** Kubernetes' probes: what they find, what follows from it, and that a supervisor that is killed loses nothing. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openEngine, succeed } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { expectNoSupervisor, replaceSupervisor, supervisorPid } from "./supervisors.ts";
import { POD_ADDRESS, USER } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUpKube } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, run } = engine;
let before: HostState;

beforeAll(async () => {
  before = await warmUpKube(engine);
});

afterEach(async () => {
  await pw("pod", "rm", "-f", "-t", "0", "-a");
  await expectAsBefore(engine, before);
});

afterAll(() => expectCleanEnd(engine, before));

const sh = (name: string, script: string) => ok("exec", name, "sh", "-c", script);
const ps = async (name: string) => ok("pod", "ps", "--filter", `name=^${name}$`, "--format", "{{.Ready}}");

/** A pod of one container, with these lines of its own, as flow YAML. */
async function play(name: string, lines: readonly string[], podLines: readonly string[] = []): Promise<void> {
  const text = [
    "apiVersion: v1\nkind: Pod",
    `metadata: {name: ${name}}`,
    "spec:",
    "  terminationGracePeriodSeconds: 0",
    ...podLines.map((line) => `  ${line}`),
    "  containers:",
    "  - name: main\n    image: busybox\n    imagePullPolicy: Never",
    ...lines.map((line) => `    ${line}`),
  ].join("\n");
  succeed(await run(["kube", "play", "-"], { stdin: text }));
}

interface State {
  readonly Running: boolean;
  readonly Ready: boolean;
  readonly StartedAt: string;
  readonly Probes: Readonly<Record<string, { Status: string; FailingStreak: number; Message: string }>>;
}

async function inspect(name: string): Promise<{ readonly State: State; readonly RestartCount: number }> {
  const [found] = (await engine.json("inspect", name)) as { State: State; RestartCount: number }[];
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

const SLEEP = 'command: [sleep, "1000"]';
const exists = (path: string, more: string) => `{exec: {command: [test, -e, ${path}]}, ${more}}`;

test("readiness gates `pod wait`, and a pod tells whether it is ready", async () => {
  await play("ready", [
    SLEEP,
    `readinessProbe: ${exists("/ready", "periodSeconds: 1, failureThreshold: 1")}`,
  ]);
  expect(await ps("ready")).toBe("false");
  const early = await pw("pod", "wait", "--condition", "ready", "--timeout", "1", "ready");
  expect(early.code).toBe(124);
  expect(early.stderr).toContain("pod ready is not ready after 1 seconds");
  const waiting = pw("pod", "wait", "--condition", "ready", "--timeout", "20", "ready");
  await replaceSupervisor(engine);
  await sh("ready-main", "touch /ready");
  expect(await waiting).toMatchObject({ code: 0, stdout: "ready\n" });
  expect(await ps("ready")).toBe("true");
  const [pod] = (await engine.json("pod", "inspect", "ready")) as { Ready: boolean; Containers: object[] }[];
  expect(pod).toMatchObject({ Ready: true });
  expect((await inspect("ready-main")).State).toMatchObject({
    Ready: true,
    Probes: { Readiness: { Status: "passed", FailingStreak: 0, Message: "" } },
  });
  await sh("ready-main", "rm /ready");
  await waitFor("not ready", async () => (await ps("ready")) === "false" || undefined);
  expect((await inspect("ready-main")).State).toMatchObject({ Running: true, Ready: false });
});

test("`pod wait` says when a pod ends instead of getting ready, and waits for its end", async () => {
  const lines = [
    'command: [sh, -c, "sleep 2; exit 3"]',
    `readinessProbe: ${exists("/no", "periodSeconds: 1")}`,
  ];
  await play("ends", lines, ["restartPolicy: Never"]);
  const [ready, stopped] = await Promise.all([
    pw("pod", "wait", "--condition", "ready", "ends"),
    pw("pod", "wait", "ends"),
  ]);
  expect(ready.code).toBe(1);
  expect(ready.stderr).toContain(
    "pod ends will not be ready: container ends-main has ended with exit code 3",
  );
  expect(stopped).toMatchObject({ code: 0, stdout: "stopped\n" });
  expect(await pw("pod", "wait", "--ignore", "nobody")).toMatchObject({ code: 0, stdout: "" });
  expect((await pw("pod", "wait", "nobody")).stderr).toContain("no such pod");
  await expectNoSupervisor(engine);
});

test("HTTP and TCP probes reach the container by the pod's address, and start no process", async () => {
  await play("web", [
    'command: [sh, -c, "mkdir /www; echo ok >/www/index.html; httpd -f -p 8080 -h /www"]',
    "ports: [{name: http, containerPort: 8080}]",
    "readinessProbe: {httpGet: {port: http, path: /index.html}, periodSeconds: 1}",
    "livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}",
    "startupProbe: {httpGet: {port: 8080, path: /}, periodSeconds: 1, failureThreshold: 30}",
  ]);
  expect(await ok("pod", "wait", "--condition", "ready", "--timeout", "20", "web")).toBe("ready");
  const pid = supervisorPid(engine);
  expect(pid).toBeDefined();
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  for (let i = 0; i < 40; i++) {
    // A user's supervisor cannot come back from the pod's network: a child goes there (decision 009).
    if (USER === undefined) expect(children()).toBe("");
    await Bun.sleep(50);
  }
  await sh("web-main", "rm /www/index.html");
  await waitFor("not ready", async () => (await ps("web")) === "false" || undefined);
  expect((await inspect("web-main")).State.Probes["Readiness"]?.Message).toMatch(
    new RegExp(`GET http://${POD_ADDRESS}:8080/index.html: HTTP status 404`),
  );
});

test("the startup probe delays the others", async () => {
  await play("slow", [
    SLEEP,
    `startupProbe: ${exists("/started", "periodSeconds: 1, failureThreshold: 60")}`,
    'livenessProbe: {exec: {command: [sh, -c, "date +%s >>/alive"]}, periodSeconds: 1}',
    'readinessProbe: {exec: {command: [sh, -c, "date +%s >>/read"]}, periodSeconds: 1}',
  ]);
  await waitFor("a failure", async () => {
    const { Probes } = (await inspect("slow-main")).State;
    return (Probes["Startup"]?.FailingStreak ?? 0) >= 1 || undefined;
  });
  await replaceSupervisor(engine);
  await waitFor("more failures", async () => {
    const { Probes } = (await inspect("slow-main")).State;
    return (Probes["Startup"]?.FailingStreak ?? 0) >= 3 || undefined;
  });
  expect(await sh("slow-main", "ls -d /alive /read 2>/dev/null; true")).toBe("");
  expect(await ps("slow")).toBe("false");
  await sh("slow-main", "touch /started");
  expect(await ok("pod", "wait", "--condition", "ready", "--timeout", "20", "slow")).toBe("ready");
  await waitFor("liveness", () => sh("slow-main", "cat /alive"));
});

test("a failing liveness probe restarts its container, with its own grace period", async () => {
  await play(
    "live",
    [
      'command: [sh, -c, "rm -f /dead; trap : TERM; while :; do sleep 0.1; done"]',
      'livenessProbe: {exec: {command: [sh, -c, "test ! -e /dead"]}, periodSeconds: 1, failureThreshold: 2, terminationGracePeriodSeconds: 1}',
    ],
    [],
  );
  const { StartedAt } = (await inspect("live-main")).State;
  await sh("live-main", "touch /dead");
  await waitFor("a failure", async () => {
    const { Probes } = (await inspect("live-main")).State;
    return (Probes["Liveness"]?.FailingStreak ?? 0) >= 1 || undefined;
  });
  await replaceSupervisor(engine);
  const after = await waitFor(
    "the restart",
    async () => {
      const now = await inspect("live-main");
      return now.RestartCount === 1 && now.State.Running ? now : undefined;
    },
    20_000,
  );
  expect(after.State.StartedAt).not.toBe(StartedAt);
  expect(after.State.Probes["Liveness"]?.Status).not.toBe("failed");
});

test("a supervisor that is killed while it ends a container: the next one goes on", async () => {
  await play("stubborn", [
    'command: [sh, -c, "rm -f /dead; trap : TERM; while :; do sleep 0.1; done"]',
    'livenessProbe: {exec: {command: [sh, -c, "test ! -e /dead"]}, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 3}',
  ]);
  await sh("stubborn-main", "touch /dead");
  await waitFor("the failure", async () => {
    const { Probes } = (await inspect("stubborn-main")).State;
    return Probes["Liveness"]?.Status === "failed" || undefined;
  });
  await replaceSupervisor(engine);
  await waitFor(
    "the restart",
    async () => {
      const now = await inspect("stubborn-main");
      return (now.RestartCount === 1 && now.State.Running) || undefined;
    },
    20_000,
  );
});

test("a sidecar gates what comes after it on its startup probe, with no supervisor", async () => {
  const sidecar = (command: string, failureThreshold: number) =>
    `initContainers: [{name: side, image: busybox, imagePullPolicy: Never, restartPolicy: Always, command: [sh, -c, "${command}"], volumeMounts: [{name: v, mountPath: /v}], startupProbe: {exec: {command: [test, -e, /v/up]}, periodSeconds: 1, failureThreshold: ${failureThreshold}}}]`;
  const volumes = "volumes: [{name: v, emptyDir: {}}]";
  const main = [
    'command: [sh, -c, "ls /v >/v/seen; sleep 1000"]',
    "volumeMounts: [{name: v, mountPath: /v}]",
  ];
  const started = performance.now();
  await play("gated", main, [sidecar("sleep 2; touch /v/up; sleep 1000", 30), volumes]);
  expect(performance.now() - started).toBeGreaterThan(2000);
  await waitFor(
    "the main container",
    async () => (await sh("gated-main", "cat /v/seen")).includes("up") || undefined,
  );
  expect(await ok("pod", "wait", "--condition", "ready", "--timeout", "20", "gated")).toBe("ready");
  await expect(play("never", main, [sidecar("echo not yet; sleep 1000", 2), volumes])).rejects.toThrow(
    /sidecar container never-side of pod never did not start: its startup probe failed: .*exited with 1.*not yet/,
  );
  await expect(play("gone", main, [sidecar("exit 4", 5), volumes])).rejects.toThrow(
    /sidecar container gone-side of pod gone did not start: it ended with code 4/,
  );
  expect(await ok("pod", "ps", "-q", "--filter", "name=never")).toBe("");
});
