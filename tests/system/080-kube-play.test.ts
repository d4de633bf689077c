/** Kubernetes YAML played and taken down: from files, standard input and URLs, with volumes, secrets and options. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState, hostState } from "./host-state.ts";
import { fetchPage, serverUp } from "./neighbours.ts";
import { freePort, waitFor } from "./waiting.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, run } = engine;
const directory = workDirectory("kube-");
let before: HostState;

/** A pod's document with these containers' and other members of its spec, as flow YAML. */
function pod(name: string, ...spec: readonly string[]): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: {app: ${name}}}\nspec:\n  restartPolicy: Never\n${spec.map((line) => `  ${line}\n`).join("")}`;
}

const SLEEPER =
  'containers: [{name: main, image: busybox, imagePullPolicy: Never, command: [sleep, "1000"]}]';

function file(name: string, ...documents: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, documents.join("---\n"));
  return path;
}

async function gone(path: string): Promise<void> {
  await ok("kube", "down", "--force", path);
  await expectAsBefore(engine, before);
}

beforeAll(async () => {
  await warmUp(engine, "nginx");
  const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: warm}\nstringData: {key: value}\n";
  const path = file("warm-up.yaml", secret, pod("warm", SLEEPER, "terminationGracePeriodSeconds: 0"));
  await ok("kube", "play", path);
  await ok("kube", "down", path);
  before = await hostState(engine);
});

afterAll(() => expectCleanEnd(engine, before));

describe("kube play", () => {
  test("a pod with a published port, from a file; the output is Podman's", async () => {
    const port = freePort();
    const path = file(
      "web.yaml",
      pod(
        "web",
        "containers:",
        `- {name: page, image: nginx, imagePullPolicy: Never, ports: [{containerPort: 80, hostPort: ${port}}]}`,
        '- {name: beside, image: busybox, imagePullPolicy: Never, command: [sleep, "1000"]}',
      ),
    );
    const output = await ok("kube", "play", path);
    expect(output).toMatch(/^Pod:\n[0-9a-f]{64}\nContainers:\n[0-9a-f]{64}\n[0-9a-f]{64}\n$/);
    await serverUp(fetchPage("127.0.0.1", port));
    expect((await ok("ps", "--format", "{{.Names}}", "--sort", "names")).split("\n").slice(-2)).toEqual([
      "web-beside",
      "web-page",
    ]);
    const again = await pw("kube", "play", path);
    expect(again.code).toBe(125);
    expect(again.stderr).toContain('web.yaml:3:18: error: name "web" is in use: pod already exists');
    const id = output.split("\n")[1];
    expect(await ok("pod", "stop", "-t", "0", "web")).toContain("web");
    expect(await ok("kube", "down", path)).toBe(
      `Pods stopped:\n${id}\nPods removed:\n${id}\nSecrets removed:\nVolumes removed:`,
    );
    expect(await ok("kube", "down", path)).toBe(
      "Pods stopped:\nPods removed:\nSecrets removed:\nVolumes removed:",
    );
    await expectAsBefore(engine, before);
  });

  test("several documents: claim, ConfigMap, Secret, init container, environment and files", async () => {
    const path = file(
      "all.yaml",
      "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: kept}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}\n",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {GREETING: hello, file.txt: from a map}\n",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {password: hunter2}\n",
      pod(
        "all",
        "initContainers:",
        "- {name: fill, image: busybox, imagePullPolicy: Never, command: [sh, -c, 'echo filled > /kept/it'], volumeMounts: [{name: kept, mountPath: /kept}]}",
        "containers:",
        "- name: main",
        "  image: busybox",
        "  imagePullPolicy: Never",
        "  command: [sh, -c, 'cat /kept/it /conf/file.txt /key/password; echo $GREETING $PASSWORD; sleep 1000']",
        "  envFrom: [{configMapRef: {name: conf}}]",
        "  env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: key, key: password}}}]",
        "  volumeMounts: [{name: kept, mountPath: /kept}, {name: conf, mountPath: /conf}, {name: key, mountPath: /key}]",
        "volumes:",
        "- {name: kept, persistentVolumeClaim: {claimName: kept}}",
        "- {name: conf, configMap: {name: conf}}",
        "- {name: key, secret: {secretName: key}}",
      ),
    );
    const output = await ok("kube", "play", path);
    expect(output).toMatch(
      /^Volumes:\nkept\nSecrets:\n[0-9a-f]{25}\nPod:\n[0-9a-f]{64}\nContainer:\n[0-9a-f]{64}\n$/,
    );
    const said = await waitFor("its output", async () => {
      const { stdout } = await pw("logs", "all-main");
      return stdout.includes("hunter2\n") && stdout.includes("hello") ? stdout : undefined;
    });
    expect(said).toBe("filled\nfrom a maphunter2hello hunter2\n");
    await ok("pod", "stop", "-t", "0", "all");
    expect(await ok("kube", "down", path)).toMatch(/Secrets removed:\n[0-9a-f]{25}\nVolumes removed:$/);
    expect(await ok("volume", "ls", "-q")).toBe("kept");
    expect(await ok("kube", "down", "--force", path)).toEndWith("Volumes removed:\nkept");
    await expectAsBefore(engine, before);
  });

  test("from standard input, as `play kube`, and down with `--down`", async () => {
    const text = pod("piped", SLEEPER);
    expect((await run(["play", "kube", "-"], { stdin: text })).code).toBe(0);
    await ok("pod", "stop", "-t", "0", "piped");
    const down = await run(["play", "kube", "--down", "-"], { stdin: text });
    expect([down.code, down.stdout.split("\n").length]).toEqual([0, 7]);
    await expectAsBefore(engine, before);
  });

  test("from a URL; what is not there is named", async () => {
    using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: ({ url }) =>
        url.endsWith("/pod.yaml") ? new Response(pod("fetched", SLEEPER)) : new Response("", { status: 404 }),
    });
    const url = `http://127.0.0.1:${server.port}/pod.yaml`;
    await ok("kube", "play", url);
    await ok("pod", "stop", "-t", "0", "fetched");
    await ok("kube", "down", url);
    const missing = `http://127.0.0.1:${server.port}/other.yaml`;
    const { code, stderr } = await pw("kube", "play", missing);
    expect([code, stderr]).toEqual([125, `Error: fetch ${missing}: 404 Not Found\n`]);
    await expectAsBefore(engine, before);
  });

  test("several files; one that is missing, and a directory, are refused by name", async () => {
    const one = file("one.yaml", pod("one", SLEEPER));
    const two = file("two.yaml", pod("two", SLEEPER));
    await ok("kube", "play", "--start=false", one, two);
    expect(await ok("pod", "ps", "--format", "{{.Name}} {{.Status}}", "--sort", "name")).toBe(
      "one Created\ntwo Created",
    );
    await ok("kube", "down", one, two);
    expect((await pw("kube", "play", one, "/no/such.yaml")).stderr).toBe(
      "Error: open /no/such.yaml: no such file or directory\n",
    );
    expect((await pw("kube", "play", directory)).stderr).toBe(
      `Error: read ${directory}: is a directory\nname the files in it: ${directory}/*.yaml\n`,
    );
    await expectAsBefore(engine, before);
  });

  test("--dry-run prints the plan and changes nothing", async () => {
    const path = file("dry.yaml", pod("dry", SLEEPER, "hostname: dry"));
    expect(await ok("kube", "play", "--dry-run", path)).toBe(
      "pull image busybox (never)\ncreate pod dry\ncreate container dry-main (image busybox)\nstart pod dry",
    );
    await expectAsBefore(engine, before);
  });

  test("--replace puts the new one in the old one's place", async () => {
    const path = file("again.yaml", pod("again", SLEEPER, "terminationGracePeriodSeconds: 0"));
    await ok("kube", "play", path);
    const first = await ok("pod", "inspect", "-f", "{{.Id}}", "again");
    await ok("kube", "play", "--replace", path);
    expect(await ok("pod", "inspect", "-f", "{{.Id}}", "again")).not.toBe(first);
    await gone(path);
  });

  test("--configmap, --annotation, --no-pod-prefix, --publish", async () => {
    const port = freePort();
    const map = file(
      "map.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {WORD: given}\n",
    );
    const path = file(
      "options.yaml",
      pod(
        "options",
        "terminationGracePeriodSeconds: 0",
        "containers: [{name: lone, image: nginx, imagePullPolicy: Never, envFrom: [{configMapRef: {name: extra}}]}]",
      ),
    );
    const flags = ["--configmap", map, "--annotation", "team=red", "--no-pod-prefix", "-q"];
    await ok("kube", "play", ...flags, "--publish", `${port}:80`, path);
    await serverUp(fetchPage("127.0.0.1", port));
    expect(await ok("exec", "lone", "printenv", "WORD")).toBe("given");
    expect(await ok("inspect", "-f", '{{index .Config.Annotations "team"}}', "lone")).toBe("red");
    await gone(path);
    expect((await pw("kube", "play", "--annotation", "team", path)).stderr).toContain(
      `annotation "team" must include an '=' sign`,
    );
  });

  test("host paths are made where their type says so, and stay", async () => {
    const data = join(directory, "data/deep");
    const path = file(
      "paths.yaml",
      pod(
        "paths",
        "terminationGracePeriodSeconds: 0",
        "containers: [{name: main, image: busybox, imagePullPolicy: Never, command: [touch, /data/it], volumeMounts: [{name: data, mountPath: /data}]}]",
        `volumes: [{name: data, hostPath: {path: ${data}, type: DirectoryOrCreate}}]`,
      ),
    );
    await ok("kube", "play", path);
    await waitFor("the file", () => existsSync(join(data, "it")) || undefined);
    await gone(path);
  });

  test("--wait ends with the pods, and takes all of it down", async () => {
    const path = file(
      "wait.yaml",
      pod(
        "waited",
        "containers: [{name: main, image: busybox, imagePullPolicy: Never, command: [sleep, '0.2']}]",
      ),
    );
    const output = await ok("kube", "play", "--wait", path);
    expect(output).toStartWith("Use ctrl+c to clean up or wait for pods to exit\nPod:\n");
    expect(output).toContain("\nCleaning up containers, pods, and volumes...\nPods stopped:\n");
    await expectAsBefore(engine, before);
  });

  test("--wait ends with a signal", async () => {
    const path = file("signal.yaml", pod("signalled", SLEEPER, "terminationGracePeriodSeconds: 0"));
    const child = Bun.spawn([...engine.argv, "kube", "play", "--wait", path], {
      stdout: "pipe",
      stderr: "inherit",
    });
    await waitFor("the pod", async () => {
      const { stdout } = await pw("ps", "--format", "{{.Names}}", "--filter", "status=running");
      return stdout.includes("signalled-main") || undefined;
    });
    await Bun.sleep(300);
    child.kill("SIGINT");
    expect(await child.exited).toBe(0);
    expect(await new Response(child.stdout).text()).toContain(
      "\nCleaning up containers, pods, and volumes...\n",
    );
    await expectAsBefore(engine, before);
  });

  test("four containers take about as long as the slowest of them", async () => {
    const member = (seconds: number, index: number): string =>
      `- {name: c${index}, image: busybox, imagePullPolicy: Never, command: [sleep, '1000'], lifecycle: {postStart: {sleep: {seconds: ${seconds}}}}}`;
    /** Seconds of a play with such hooks; then how long each waited for its start after the first. */
    const play = async (...hooks: readonly number[]): Promise<{ whole: number; behind: number[] }> => {
      const path = file(
        "hooks.yaml",
        pod("hooks", "terminationGracePeriodSeconds: 0", "containers:", ...hooks.map(member)),
      );
      const begun = performance.now();
      await ok("kube", "play", path);
      const whole = (performance.now() - begun) / 1000;
      const names = hooks.map((_, index) => `hooks-c${index}`);
      const starts = await ok("inspect", "--format", "{{.State.StartedAt.UnixMilli}}", ...names);
      const [first = 0, ...others] = starts.split("\n").map(Number);
      await gone(path);
      return { whole, behind: others.map((start) => (start - first) / 1000) };
    };
    // Compared with the slowest alone, at the same moment, and three times at most: the machine is not ours alone.
    for (let attempt = 1; ; attempt++) {
      const alone = await play(2);
      const together = await play(2, 1, 1, 1);
      expect(alone.whole).toBeGreaterThan(2);
      // One after another they would take three seconds more.
      const inTime = together.whole < alone.whole + 0.8 && together.behind.every((delay) => delay < 0.8);
      if (inTime) break;
      if (attempt === 3) throw new Error(`alone ${alone.whole} s, together ${JSON.stringify(together)}`);
    }
  });

  test("what does not work is refused by name", async () => {
    const path = file("refused.yaml", pod("refused", SLEEPER));
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["--build"], "--build is not implemented"],
      [["--context-dir", "/"], "--build must be specified when using --context-dir option"],
      [["--service-container"], "--service-container is not implemented"],
      [["--force"], "--force may be specified only with --down"],
      [["--validate", "maybe"], 'invalid value "maybe" for --validate'],
      [["--ip", "nowhere"], 'invalid argument "nowhere" for "--ip" flag'],
    ];
    for (const [flags, why] of cases) {
      const { code, stderr } = await pw("kube", "play", ...flags, path);
      expect([flags, code, stderr]).toEqual([flags, 125, expect.stringContaining(`Error: ${why}`)]);
    }
    await expectAsBefore(engine, before);
  });
});
