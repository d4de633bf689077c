/** `kube generate` on real pods: what commands made is made again by playing it, what was played is given back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { YAML } from "bun";
import { openEngine, succeed, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { fetchPage, serverUp } from "./neighbours.ts";
import { USER } from "./user.ts";
import { freePort } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine("shared", { limitsLetGo: true });
const { json, ok, pw, run } = engine;
const directory = workDirectory("generate-");
let before: HostState;
let files = 0;

const PIDS_LOST =
  "Warning: container side: the limit pids-limit 60 is an annotation that only Podman and Podwright act on\n";

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

function documents(yaml: string): Document[] {
  const parsed = YAML.parse(yaml) as Document | Document[];
  return Array.isArray(parsed) ? parsed : [parsed];
}

/** What the server makes is not kept of what was played. */
function timeless(all: readonly Document[]): Document[] {
  const text = JSON.stringify(all, (key, value: unknown) =>
    key === "creationTimestamp" ? undefined : value,
  );
  return JSON.parse(text) as Document[];
}

async function generate(
  ...args: readonly string[]
): Promise<{ readonly yaml: string; readonly losses: string }> {
  const result = await run(["kube", "generate", ...args]);
  succeed(result);
  // What the configuration says of a user without cgroups (limitsLetGo).
  const losses = result.stderr.replace(/^Warning: container \S+: --cgroups=disabled is left out\n/gm, "");
  return { yaml: result.stdout, losses };
}

function file(yaml: string): string {
  const path = join(directory, `${files++}.yaml`);
  writeFileSync(path, yaml);
  return path;
}

async function takeAway(path: string): Promise<void> {
  await ok("kube", "down", "--force", path);
  await expectAsBefore(engine, before);
}

beforeAll(async () => {
  await warmUp(engine, "nginx");
  const path = file(
    "apiVersion: v1\nkind: Secret\nmetadata: {name: warm}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: warm}\nspec: {terminationGracePeriodSeconds: 0, containers: [{name: a, image: busybox, command: [sleep, '1000']}]}\n",
  );
  await ok("kube", "play", path);
  await ok("kube", "down", path);
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

interface Inspected {
  readonly Args: readonly string[];
  readonly Path: string;
  readonly EffectiveCaps: readonly string[];
  readonly Config: Readonly<Record<string, unknown>> & { readonly Env: readonly string[] };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Mounts: readonly Readonly<Record<string, unknown>>[];
}

/** What of a container must be the same, however it was made. */
async function matters(name: string): Promise<Readonly<Record<string, unknown>>> {
  const [made] = (await json("container", "inspect", name)) as Inspected[];
  if (made === undefined) throw new Error(`no ${name}`);
  const { Config: config, HostConfig: host } = made;
  return {
    command: [made.Path, ...made.Args],
    caps: made.EffectiveCaps,
    env: config.Env.filter((line) => !line.startsWith("HOSTNAME=")).toSorted(),
    hostname: config["Hostname"],
    workdir: config["WorkingDir"],
    tty: config["Tty"],
    stopTimeout: config["StopTimeout"],
    readOnly: host["ReadonlyRootfs"],
    memory: host["Memory"],
    groups: host["GroupAdd"],
    pids: host["PidsLimit"],
    // A tmpfs is a volume of the pod, in memory, when played: see memoryDisk.
    mounts: made.Mounts.filter(({ Destination: path }) => path !== "/quick")
      .map(({ Type, Name, Destination, RW }) => ({ Type, Name, Destination, RW }))
      .toSorted((a, b) => (String(a.Destination) < String(b.Destination) ? -1 : 1)),
    user: (await ok("exec", name, "id", "-u")).trim(),
    memoryDisk: await ok("exec", name, "sh", "-c", "grep ' /quick ' /proc/mounts | cut -d' ' -f3"),
  };
}

describe("what commands made", () => {
  test("a pod comes back by playing what was written of it", async () => {
    const port = freePort();
    await ok(
      "pod",
      "create",
      "--name",
      "shop",
      "-p",
      `${port}:80`,
      "--hostname",
      "front",
      "--add-host",
      "db:10.9.8.7",
    );
    await ok("run", "-d", "--pod", "shop", "--name", "page", "--stop-timeout", "0", "nginx");
    const flags = [
      ["-e", "PRICE=5$$ $(PORT)"],
      ["-v", "shelf:/shelf"],
      ["-v", "/etc:/host-etc:ro"],
      ["--tmpfs", "/quick:size=8m"],
      ["--cap-drop", "all", "--cap-add", "KILL"],
      ["--user", "www-data", "--group-add", "44"],
      ["--workdir", "/shelf", "--stop-timeout", "0", "--pids-limit", "60", "--memory", "64m"],
    ].flat();
    await ok(
      "run",
      "-d",
      "--pod",
      "shop",
      "--name",
      "side",
      ...flags,
      "nginx",
      "sh",
      "-c",
      "echo $$ $(id); sleep 1000",
    );
    await serverUp(fetchPage("127.0.0.1", port));
    const made = await matters("side");
    const { yaml, losses } = await generate("shop");
    expect(documents(yaml).map(({ kind }) => kind)).toEqual(["PersistentVolumeClaim", "Pod"]);
    expect(losses).toBe(
      "Warning: container side: the group 44 is left out: the others of the pod would get it too\n" +
        (USER === undefined ? PIDS_LOST : ""),
    );
    await ok("pod", "rm", "-f", "-t", "0", "shop");
    const path = file(yaml);
    await ok("kube", "play", path);
    await serverUp(fetchPage("127.0.0.1", port));
    expect(await matters("shop-side")).toEqual({ ...made, groups: [] });
    expect(await ok("exec", "shop-side", "grep", "db", "/etc/hosts")).toContain("10.9.8.7");
    // What was played is given back without a change.
    const again = await generate("shop");
    expect(documents(again.yaml)).toEqual(timeless(documents(yaml)));
    expect(again.losses).toBe("");
    await takeAway(path);
  });

  test("a container that stands alone, with a Service, as a Deployment", async () => {
    const port = freePort();
    await ok("run", "-d", "--name", "alone", "-p", `${port}:80`, "--stop-timeout", "0", "nginx");
    const { yaml } = await generate("--service", "--type", "deployment", "--replicas", "3", "alone");
    await ok("rm", "-f", "-t", "0", "alone");
    const [service, deployment] = documents(yaml);
    expect(service).toMatchObject({
      kind: "Service",
      spec: { type: "NodePort", selector: { app: "alone-pod" }, ports: [{ port: 80, targetPort: 80 }] },
    });
    expect(deployment).toMatchObject({
      kind: "Deployment",
      metadata: { name: "alone-pod-deployment" },
      spec: { replicas: 3 },
    });
    const path = file(yaml);
    await ok("kube", "play", path);
    expect(await ok("pod", "ps", "--format", "{{.Name}}")).toBe("alone-pod-deployment-pod");
    expect(await ok("exec", "alone-pod-deployment-pod-alone", "echo", "up")).toBe("up");
    await takeAway(path);
  });

  test("volumes are claims, with their owners and labels", async () => {
    await ok("volume", "create", "--label", "tier=db", "--opt", "o=uid=7,gid=8", "shelf");
    const { yaml } = await generate("shelf");
    await ok("volume", "rm", "shelf");
    const path = file(yaml);
    await ok("kube", "play", path);
    expect(await ok("volume", "inspect", "--format", "{{.UID}}:{{.GID}} {{.Labels.tier}}", "shelf")).toBe(
      "7:8 db",
    );
    await takeAway(path);
  });
});

const MANIFESTS: readonly (readonly [string, string, string])[] = [
  [
    "a pod with a ConfigMap, a Secret and an init container",
    "conf",
    `apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {token: "0x1f"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {app.conf: "a = $(B)\\n\\n"}
---
apiVersion: v1
kind: Pod
metadata: {name: conf, annotations: {note: "yes"}}
spec:
  terminationGracePeriodSeconds: 0
  initContainers:
  - {name: first, image: busybox, command: [test, -f, /conf/app.conf], volumeMounts: [{name: conf, mountPath: /conf}]}
  containers:
  - name: main
    image: busybox
    command: [sleep, "1000"]
    env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token}}}]
    resources: {requests: {cpu: 0.5}}
  volumes: [{name: conf, configMap: {name: settings, defaultMode: 256}}]
`,
  ],
  [
    "a Deployment with a claim",
    "web-pod",
    `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: shelf}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 5G}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {name: main, image: busybox, command: [sleep, "1000"], volumeMounts: [{name: d, mountPath: /d}]}
      volumes: [{name: d, persistentVolumeClaim: {claimName: shelf}}]
`,
  ],
];

describe("what was played", () => {
  test.each(MANIFESTS)("%s is given back, equal as data", async (_, name, manifest) => {
    const path = file(manifest);
    await ok("kube", "play", path);
    const { yaml, losses } = await generate(name);
    expect(losses).toBe("");
    const found = documents(yaml);
    const wanted = documents(manifest);
    expect(found).toEqual(wanted);
    await takeAway(path);
    // And it plays again.
    const copy = file(yaml);
    await ok("kube", "play", copy);
    await takeAway(copy);
  });

  test("a pod that has got another container is written as it is", async () => {
    const path = file(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: more}\nspec: {terminationGracePeriodSeconds: 0, containers: [{name: a, image: busybox, command: [sleep, '1000']}]}\n",
    );
    await ok("kube", "play", path);
    await ok("create", "--pod", "more", "--name", "b", "--stop-timeout", "0", "busybox", "top");
    const { yaml, losses } = await generate("more");
    expect(losses).toContain("it has got the container b since it was played");
    expect(documents(yaml)[0]?.spec).toMatchObject({ containers: [{ name: "a" }, { name: "b" }] });
    await takeAway(path);
  });
});

describe("errors and files", () => {
  test("-f writes a file, once; errors leave none", async () => {
    await ok("create", "--name", "one", "busybox", "true");
    const path = join(directory, "one.yaml");
    expect(await ok("kube", "generate", "one", "-f", path)).toBe("");
    expect(readFileSync(path, "utf8")).toBe((await generate("one")).yaml);
    expect(await pw("generate", "kube", "-f", path, "one")).toMatchObject({
      code: 125,
      stderr: `Error: cannot write to "${path}"; file exists\n`,
    });
    const other = join(directory, "other.yaml");
    expect(await pw("kube", "generate", "-f", other, "nobody")).toMatchObject({
      code: 125,
      stderr: 'Error: name or ID "nobody" not found\n',
    });
    expect(existsSync(other)).toBe(false);
    await ok("rm", "one");
    await expectAsBefore(engine, before);
  });

  test("a pod without containers, a member, replicas of a Pod", async () => {
    const pod = await ok("pod", "create", "--name", "empty");
    expect((await pw("kube", "generate", "empty")).stderr).toBe(
      `Error: pod ${pod} only has an infra container\n`,
    );
    const member = await ok("create", "--pod", "empty", "--name", "one", "busybox", "true");
    expect((await pw("kube", "generate", "one")).stderr).toBe(
      `Error: container ${member} is associated with pod ${pod}: use generate on the pod itself\n`,
    );
    expect((await pw("kube", "generate", "-r", "2", "empty")).stderr).toBe(
      "Error: --replicas can only be set when --type is set to deployment\n",
    );
    await ok("pod", "rm", "-f", "-t", "0", "empty");
    await expectAsBefore(engine, before);
  });
});
