/** A play that fails, is interrupted or is killed leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { freePort, waitFor } from "./waiting.ts";
import { rootOnly } from "./user.ts";
import { warmUp } from "./warm-up.ts";

const NETWORK = "podman-default-kube-network";
const engine = openEngine();
const { ok, pw } = engine;
const directory = workDirectory("undone-");
const port = freePort();
let before: HostState;

interface Variation {
  readonly image?: string;
  readonly command?: string;
  readonly init?: string;
}

/** A claim, a secret, a pod with all of them, and a second pod of which parts can be broken. */
function manifest({ image = "busybox", command = "sleep, '1000'", init = "true" }: Variation): string {
  return `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: undone-claim}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Secret
metadata: {name: undone-key}
stringData: {password: hunter2}
---
apiVersion: v1
kind: Pod
metadata: {name: first}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers:
  - {name: main, image: busybox, imagePullPolicy: Never, command: [sleep, '1000'], volumeMounts: [{name: v, mountPath: /v}, {name: k, mountPath: /k}, {name: h, mountPath: /h}]}
  volumes:
  - {name: v, persistentVolumeClaim: {claimName: undone-claim}}
  - {name: k, secret: {secretName: undone-key}}
  - {name: h, hostPath: {path: ${directory}/made/deep, type: DirectoryOrCreate}}
---
apiVersion: v1
kind: Pod
metadata: {name: second}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  initContainers:
  - {name: init, image: busybox, imagePullPolicy: Never, command: [sh, -c, '${init}']}
  containers:
  - name: broken
    image: ${image}
    imagePullPolicy: Never
    command: [${command}]
    ports: [{containerPort: 80, hostPort: ${port}}]
  - {name: whole, image: busybox, imagePullPolicy: Never, command: [sleep, '1000'], volumeMounts: [{name: d, mountPath: /d}]}
  volumes: [{name: d, emptyDir: {medium: Memory}}]
`;
}

function file(variation: Variation): string {
  const path = join(directory, "undone.yaml");
  writeFileSync(path, manifest(variation));
  return path;
}

async function fails(variation: Variation, ...flags: readonly string[]): Promise<string> {
  const { code, stderr } = await pw("kube", "play", ...flags, file(variation));
  expect(code).toBe(125);
  await nothingIsLeft();
  return stderr.replaceAll(`${directory}/`, "");
}

/** The files of the volume and the secrets are in the store's listing, the records in these. */
async function nothingIsLeft(): Promise<void> {
  expect(await ok("volume", "ls", "-q")).toBe("");
  expect(await ok("secret", "ls", "-q")).toBe("");
  expect(await ok("pod", "ps", "-q")).toBe("");
  expect(await ok("ps", "-aq")).toBe("");
  expect(() => writeFileSync(join(directory, "made/deep/it"), "")).toThrow();
  await expectAsBefore(engine, before);
}

beforeAll(async () => {
  await warmUp(engine);
  const path = file({});
  await ok("kube", "play", path);
  await ok("kube", "down", "--force", path);
  await Bun.$`rm -r ${directory}/made`.quiet();
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

describe("a play that fails", () => {
  test("an image that is not there", async () => {
    expect(await fails({ image: "localhost/none:1" })).toContain(
      "Error: undone.yaml:34:12: cannot pull image localhost/none:1: localhost/none:1: image not known",
    );
  });

  test("a command that does not exist", async () => {
    expect(await fails({ command: "/no/such" })).toMatch(
      /Error: undone\.yaml:33:5: cannot start container second-broken of pod second: .*\/no\/such/,
    );
  });

  test("an init container that fails; its last words are shown", async () => {
    expect(await fails({ init: "echo no migration; exit 3" })).toContain(
      "Error: undone.yaml:31:5: cannot start pod second: init container second-init of pod second exited with code 3: no migration",
    );
  });

  test("a port that is taken", async () => {
    using _taken = Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } });
    expect(await fails({})).toMatch(
      /Error: undone\.yaml:\d+:\d+: cannot start pod second: .*address already in use/,
    );
  });

  const bridged = rootOnly("a user's pods have no network of bridges by default");
  bridged.test("the network that it made goes again; one that was there stays", async () => {
    await ok("network", "rm", NETWORK);
    expect(await ok("network", "ls", "-q")).not.toContain(NETWORK);
    await pw("kube", "play", file({ command: "/no/such" }));
    expect(await ok("network", "ls", "--format", "{{.Name}}")).not.toContain(NETWORK);
    const path = file({});
    await ok("kube", "play", path);
    await ok("kube", "down", "--force", path);
    await Bun.$`rm -r ${directory}/made`.quiet();
    expect(await ok("network", "ls", "--format", "{{.Name}}")).toContain(NETWORK);
    before = await hostState(engine);
  });

  test("--replace: the old pod is untouched by what fails before it goes, and its end is told else", async () => {
    const path = file({});
    await ok("kube", "play", path);
    const old = await ok("inspect", "-f", "{{.Id}} {{.State.Pid}}", "first-main", "second-whole");
    expect((await pw("kube", "play", "--replace", file({ image: "localhost/none:1" }))).code).toBe(125);
    expect(await ok("inspect", "-f", "{{.Id}} {{.State.Pid}}", "first-main", "second-whole")).toBe(old);
    const { stderr } = await pw("kube", "play", "--replace", file({ command: "/no/such" }));
    expect(stderr).toContain("pods first, second, which were to be replaced, are gone");
    expect(await ok("pod", "ps", "-q")).toBe("");
    await ok("kube", "down", "--force", path);
    await Bun.$`rm -r ${directory}/made`.quiet();
    await nothingIsLeft();
  });
});

describe("a play that does not end by itself", () => {
  test("Ctrl-C while an init container runs", async () => {
    const child = Bun.spawn([...engine.argv, "kube", "play", file({ init: "sleep 1000" })], {
      stderr: "pipe",
    });
    await waitFor("the init container", async () => {
      const { stdout } = await pw("ps", "--format", "{{.Names}}", "--filter", "status=running");
      return stdout.includes("second-init") || undefined;
    });
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await new Response(child.stderr).text()).toContain("Error: interrupted by SIGINT\n");
    await nothingIsLeft();
  });

  test("kill -9 at many moments: the next command takes back what was made", async () => {
    const started = performance.now();
    await ok("kube", "play", file({}));
    const duration = performance.now() - started;
    await ok("kube", "down", "--force", file({}));
    await Bun.$`rm -r ${directory}/made`.quiet();
    const points = 16;
    for (let point = 1; point <= points; point++) {
      const delay = (duration * point) / (points + 1);
      const child = Bun.spawn([...engine.argv, "kube", "play", file({})], {
        stdout: "ignore",
        stderr: "ignore",
      });
      await Bun.sleep(delay);
      child.kill(9);
      await child.exited;
      // Whatever was half done goes with this; a play that was killed when all was done is there as a whole.
      await ok("pod", "stop", "-a", "-t", "0");
      const left = (await ok("pod", "ps", "--format", "{{.Name}}")).split("\n").filter((name) => name !== "");
      if (left.length > 0) {
        expect(left.toSorted()).toEqual(["first", "second"]);
        await ok("kube", "down", "--force", file({}));
        await Bun.$`rm -r ${directory}/made`.quiet();
      }
      await nothingIsLeft().catch((error) => {
        throw new Error(`killed after ${delay.toFixed(0)} ms: ${error.message}`, { cause: error });
      });
    }
  });

  test("kill -9, and the same play again", async () => {
    for (const delay of [150, 250, 350]) {
      const child = Bun.spawn([...engine.argv, "kube", "play", file({ init: "sleep 2" })], {
        stdout: "ignore",
        stderr: "ignore",
      });
      await Bun.sleep(delay);
      child.kill(9);
      await child.exited;
      await ok("kube", "play", file({}));
      await ok("kube", "down", "--force", file({}));
      await Bun.$`rm -r ${directory}/made`.quiet();
      await nothingIsLeft();
    }
  });
});
