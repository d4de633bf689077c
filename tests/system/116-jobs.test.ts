/** Jobs: so many pods, so many at a time, so many failures; and deadlines, of Jobs and of pods. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { openEngine, succeed } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { expectNoSupervisor, replaceSupervisor, supervisorPid } from "./supervisors.ts";
import { waitFor } from "./waiting.ts";
import { warmUpKube } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, run } = engine;
let before: HostState;

beforeAll(async () => {
  before = await warmUpKube(engine);
  await ok("volume", "create", "out");
});

afterEach(async () => {
  await pw("pod", "rm", "-f", "-t", "0", "-a");
  await ok("volume", "rm", "-f", "out");
  await expectAsBefore(engine, before);
  await ok("volume", "create", "out");
});

afterAll(() => expectCleanEnd(engine, before));

interface JobText {
  readonly name: string;
  readonly script: string;
  readonly spec?: string;
  readonly policy?: "OnFailure" | "Never";
  readonly podSpec?: string;
}

/** Its containers see the volume `out` at /out. */
function job({ name, script, spec = "", policy = "Never", podSpec = "" }: JobText): string {
  return `apiVersion: batch/v1
kind: Job
metadata: {name: ${name}}
spec:
${spec === "" ? "" : `  ${spec}\n`}  template:
    spec:
      restartPolicy: ${policy}
      terminationGracePeriodSeconds: 0
${podSpec === "" ? "" : `      ${podSpec}\n`}      containers:
      - name: main
        image: busybox
        imagePullPolicy: Never
        command: [sh, -c, ${JSON.stringify(script)}]
        volumeMounts: [{name: out, mountPath: /out}]
      volumes: [{name: out, persistentVolumeClaim: {claimName: out}}]
`;
}

const kube = async (verb: string, text: string, ...flags: readonly string[]) =>
  succeed(await run(["kube", verb, ...flags, "-"], { stdin: text }));

interface Pod {
  readonly State: string;
  readonly Reason?: string;
  readonly Message?: string;
  readonly Job?: {
    readonly Name: string;
    readonly Status: string;
    readonly Reason?: string;
    readonly Message?: string;
    readonly Active: number;
    readonly Succeeded: number;
    readonly Failed: number;
  };
}

async function pod(name: string): Promise<Pod> {
  const [found] = (await engine.json("pod", "inspect", name)) as Pod[];
  if (found === undefined) throw new Error(`no pod ${name}`);
  return found;
}

const isRunning = (state: string): boolean => state === "Running";
const statesOf = (name: string, indexes: readonly number[]): Promise<string[]> =>
  Promise.all(indexes.map(async (i) => (await pod(`${name}-pod-${i}`)).State));
const status = async (name: string): Promise<string | undefined> => (await pod(name)).Job?.Status;
const noSupervisor = () => expectNoSupervisor(engine);
const lines = async (): Promise<string[]> =>
  (await ok("run", "--rm", "-v", "out:/out", "busybox", "sh", "-c", "cat /out/log 2>/dev/null || true"))
    .split("\n")
    .filter((line) => line !== "");

test("one pod that succeeds: its name is NAME-pod, and nobody stays awake", async () => {
  const text = job({ name: "once", script: "echo done >>/out/log" });
  await kube("play", text);
  expect(await ok("pod", "wait", "once-pod")).toBe("stopped");
  await waitFor("completion", async () => (await status("once-pod")) === "Complete" || undefined);
  expect((await pod("once-pod")).Job).toMatchObject({ Name: "once", Active: 0, Succeeded: 1, Failed: 0 });
  expect(await lines()).toEqual(["done"]);
  await noSupervisor();
  const generated = await ok("kube", "generate", "once-pod");
  expect(Bun.YAML.parse(generated)).toEqual(Bun.YAML.parse(text));
  await kube("down", text);
  expect(await ok("pod", "ps", "-q")).toBe("");
});

test("a supervisor that is awake already does not run what the play is running", async () => {
  await ok("run", "-d", "--name", "checked", "--health-cmd", "true", "busybox", "sleep", "1000");
  for (let round = 1; round <= 6; round++) {
    const text = job({ name: "quick", script: "echo ran >>/out/log" });
    await kube("play", text);
    await waitFor("completion", async () => (await status("quick-pod")) === "Complete" || undefined);
    await Bun.sleep(300);
    await kube("down", text);
    expect(await lines()).toEqual(Array<string>(round).fill("ran"));
  }
  await ok("rm", "-f", "-t", "0", "checked");
});

test("completions and parallelism: so many pods, no more than so many at a time", async () => {
  const script = "echo + >>/out/log; sleep 1.5; echo - >>/out/log";
  const text = job({ name: "five", script, spec: "completions: 5\n  parallelism: 2" });
  const played = await kube("play", text);
  expect(played.match(/^Pod:$/gm)).toHaveLength(5);
  expect((await ok("pod", "ps", "--format", "{{.Name}}")).split("\n").sort()).toEqual(
    [0, 1, 2, 3, 4].map((i) => `five-pod-${i}`),
  );
  // Both: one whose start was cut off in the middle is started once more.
  await waitFor("the next two", async () => (await statesOf("five", [2, 3])).every(isRunning) || undefined);
  await replaceSupervisor(engine);
  expect(await ok("pod", "wait", "five-pod-0", "five-pod-4", "--timeout", "60")).toBe("stopped\nstopped");
  await waitFor("completion", async () => (await status("five-pod-0")) === "Complete" || undefined);
  const steps = await lines();
  expect(steps).toHaveLength(10);
  let running = 0;
  let most = 0;
  for (const step of steps) {
    running += step === "+" ? 1 : -1;
    most = Math.max(most, running);
  }
  expect(most).toBe(2);
  expect((await pod("five-pod-3")).Job).toMatchObject({ Succeeded: 5, Failed: 0, Active: 0 });
  await noSupervisor();
  const generated = await ok("kube", "generate", "five-pod-0", "five-pod-3");
  expect(Bun.YAML.parse(generated)).toEqual(Bun.YAML.parse(text));
  await kube("down", text);
  expect(await ok("pod", "ps", "-q")).toBe("");
}, 120_000);

test("Never: a failed pod is started again after a while, and given up at the backoffLimit", async () => {
  const text = job({ name: "bad", script: "echo try >>/out/log; exit 7", spec: "backoffLimit: 1" });
  await kube("play", text);
  await waitFor("the first failure", async () => (await pod("bad-pod")).Job?.Failed === 1 || undefined);
  expect(await status("bad-pod")).toBe("Active");
  await replaceSupervisor(engine);
  await waitFor("the end", async () => (await status("bad-pod")) === "Failed" || undefined, 30_000);
  expect((await pod("bad-pod")).Job).toMatchObject({
    Reason: "BackoffLimitExceeded",
    Message: "Job has reached the specified backoff limit",
    Failed: 2,
  });
  expect(await lines()).toEqual(["try", "try"]);
  await noSupervisor();
}, 60_000);

test("OnFailure: restarted in place, as often as the backoffLimit allows", async () => {
  const text = job({
    name: "again",
    script: "echo try >>/out/log; exit 7",
    spec: "backoffLimit: 2",
    policy: "OnFailure",
  });
  await kube("play", text);
  await waitFor("the second try", async () => (await lines()).length === 2 || undefined);
  await replaceSupervisor(engine);
  await waitFor("the end", async () => (await status("again-pod")) === "Failed" || undefined, 40_000);
  expect((await pod("again-pod")).Job).toMatchObject({ Reason: "BackoffLimitExceeded", Failed: 3 });
  expect(await lines()).toEqual(["try", "try", "try"]);
  await noSupervisor();
}, 60_000);

test("a Job's deadline ends all of it", async () => {
  const text = job({
    name: "late",
    script: "sleep 1000",
    spec: "activeDeadlineSeconds: 4\n  completions: 3\n  parallelism: 2",
  });
  await kube("play", text);
  await replaceSupervisor(engine);
  await waitFor("the end", async () => (await status("late-pod-0")) === "Failed" || undefined, 20_000);
  await waitFor("both down", async () => {
    const states = await statesOf("late", [0, 1]);
    return states.every((state) => state === "Exited") || undefined;
  });
  expect((await pod("late-pod-2")).State).toBe("Created");
  expect((await pod("late-pod-0")).Job).toMatchObject({
    Reason: "DeadlineExceeded",
    Message: "Job was active longer than specified deadline",
  });
  await noSupervisor();
}, 60_000);

test("a pod's deadline ends it, whatever its restart policy says", async () => {
  const text =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: brief}\nspec:\n  activeDeadlineSeconds: 3\n  restartPolicy: Always\n  terminationGracePeriodSeconds: 0\n" +
    '  containers: [{name: main, image: busybox, imagePullPolicy: Never, command: [sleep, "1000"]}]\n';
  await kube("play", text);
  expect((await pod("brief")).State).toBe("Running");
  await replaceSupervisor(engine);
  expect(await ok("pod", "wait", "--timeout", "30", "brief")).toBe("stopped");
  await waitFor("its end", async () => (await pod("brief")).State === "Exited" || undefined);
  expect(await pod("brief")).toMatchObject({
    Reason: "DeadlineExceeded",
    Message: "Pod was active on the node longer than the specified deadline",
  });
  await noSupervisor();
  await ok("pod", "start", "brief");
  expect((await pod("brief")).Reason).toBeUndefined();
});

test("suspend starts nothing; ttlSecondsAfterFinished removes what has ended", async () => {
  const text = job({ name: "calm", script: "true", spec: "suspend: true\n  ttlSecondsAfterFinished: 2" });
  await kube("play", text);
  expect(await pod("calm-pod")).toMatchObject({ State: "Created", Job: { Status: "Suspended" } });
  expect(supervisorPid(engine)).toBeUndefined();
  await ok("pod", "start", "calm-pod");
  await waitFor("its removal", async () => (await ok("pod", "ps", "-q")) === "" || undefined, 20_000);
  await noSupervisor();
});

test("kube play --replace and kube down take along what an earlier play of the Job made", async () => {
  const three = job({ name: "grow", script: "sleep 1000", spec: "completions: 3\n  parallelism: 3" });
  const one = job({ name: "grow", script: "sleep 1000" });
  await kube("play", three);
  await kube("play", one, "--replace");
  expect(await ok("pod", "ps", "--format", "{{.Name}}")).toBe("grow-pod");
  await kube("play", three, "--replace");
  await kube("down", one);
  expect(await ok("pod", "ps", "-q")).toBe("");
});
