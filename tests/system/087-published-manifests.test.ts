/** Manifests in the shape in which people publish them: they play, answer, and say what does not run here. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, openEngine, REPOSITORY, succeed, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { hostId, POD_ADDRESS, rootOnly } from "./user.ts";
import { freePort, waitFor } from "./waiting.ts";
import { warmUpKube } from "./warm-up.ts";

const MANIFESTS = join(REPOSITORY, "tests", "system", "manifests");
const engine = openEngine("shared", { limitsLetGo: true });
const { ok, pw } = engine;
let before: HostState;
let directory = "";
const tried = new Set<string>();

interface Published {
  readonly file: string;
  readonly flags?: readonly string[];
  /** What stands for a path of the host in the manifest. */
  readonly edit?: (text: string) => string;
  /** Position and what the warning has to name, for each. */
  readonly warnings: Readonly<Record<string, string>>;
  readonly pods: readonly string[];
  readonly answers: () => Promise<void>;
}

/** Plays it, compares all that was said on stderr, looks, takes it down; nothing is left. */
async function playPublished(published: Published): Promise<void> {
  const { file, flags = [], edit = (text: string) => text, warnings, pods, answers } = published;
  tried.add(file);
  const path = join(directory, file);
  writeFileSync(path, edit(readFileSync(join(MANIFESTS, file), "utf8")));
  const played = await pw("kube", "play", "--quiet", ...flags, path);
  succeed(played);
  expect(told(played.stderr, path)).toEqual(warnings);
  expect((await ok("pod", "ps", "--format", "{{.Name}}")).split("\n").sort()).toEqual([...pods].sort());
  await answers();
  await ok("kube", "down", "--force", path);
  await expectAsBefore(engine, before);
}

/** The warnings by position. */
function told(stderr: string, path: string): Record<string, string> {
  const all = stderr.split("\n");
  // A user's limits are let go.
  const lines = all.filter((line) => line.startsWith(path) && !/: warning: --.* not applied: /.test(line));
  // Each is two lines of the manifest's own text, and perhaps a hint.
  expect(all.filter((line) => !line.startsWith(path) && !line.startsWith("  "))).toEqual([""]);
  return Object.fromEntries(
    lines.map((line) => {
      const [, position = "", text = ""] = /^:(\d+:\d+): warning: (.*)$/.exec(line.slice(path.length)) ?? [];
      return [position, text];
    }),
  );
}

/** Any text with these words in it. */
const words = (text: string): string => expect.stringContaining(text) as string;
const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;
const NOT_RUN = (kind: string): string => matching(new RegExp(`^${kind} .*not run here`));
const ONE_POD = (count: number): string =>
  words(`Limiting replica count to 1: one pod is made, not ${count}`);
const ignored = (field: string): string => words(`"${field}" is ignored: `);

async function fetched(url: string): Promise<string> {
  return waitFor(
    `an answer from ${url}`,
    async () => {
      const { code, stdout } = await execute(["curl", "-sS", "--fail", "--max-time", "10", url]);
      return code === 0 ? stdout : undefined;
    },
    30_000,
  );
}

async function logged(container: string, text: RegExp): Promise<void> {
  await waitFor(
    `${text} in the log of ${container}`,
    async () => text.test(await ok("logs", container)),
    20_000,
  );
}

/** Of a pod that publishes no port, as a Service would find it. */
async function urlOf(container: string): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  return `http://${await ok("inspect", "-f", format, container)}/`;
}

beforeAll(async () => {
  before = await warmUpKube(engine, "nginx", "redis", "postgres", "myblog");
  directory = workDirectory("manifests-");
});

afterAll(async () => {
  rmSync(directory, { recursive: true });
  await expectCleanEnd(engine, before);
});

describe("published manifests", () => {
  // What a failed one has left is not the next one's.
  afterEach(async () => {
    await ok("pod", "rm", "-f", "-t", "0", "-a");
    await ok("volume", "rm", "-f", "-a");
    await ok("secret", "rm", "-a");
  });

  const bridged = rootOnly("a user's pods have no network of bridges by default");
  bridged.test("a guestbook: Deployments and Services; followers find the leader by its name", async () => {
    await playPublished({
      file: "guestbook.yaml",
      warnings: {
        "34:7": NOT_RUN("Service"),
        "59:13": ONE_POD(2),
        "83:7": NOT_RUN("Service"),
        "104:13": ONE_POD(3),
        "129:7": NOT_RUN("Service"),
      },
      pods: ["redis-leader-pod", "redis-follower-pod", "frontend-pod"],
      answers: async () => {
        expect(await fetched(await urlOf("frontend-pod-web-server"))).toContain("Welcome to nginx!");
        await ok("exec", "redis-leader-pod-redis-leader", "redis-cli", "SET", "guest", "book");
        const ask = ["exec", "redis-follower-pod-redis-follower", "redis-cli", "GET", "guest"];
        await waitFor("the follower", async () => (await ok(...ask)) === "book", 20_000);
      },
    });
  });

  bridged.test(
    "a blog and its database: claims, a Secret, an init container that waits for a pod further down",
    async () => {
      await playPublished({
        file: "blog-with-database.yaml",
        warnings: {
          "11:7": NOT_RUN("Service"),
          "48:3": ignored("strategy"),
          "83:7": NOT_RUN("Service"),
          "120:3": ignored("strategy"),
        },
        pods: ["blog-pod", "blog-database-pod"],
        answers: async () => {
          const url = await urlOf("blog-pod-blog");
          expect(await fetched(url)).toContain("No posts yet.");
          const sent = ["-H", "Content-Type: application/json", "-d", '{"title": "Played"}'];
          expect(
            succeed(await execute(["curl", "-sS", "--fail", "--max-time", "10", ...sent, url])),
          ).toContain("Played");
          expect(await fetched(url)).toContain("<h2>Played</h2>");
          expect((await ok("volume", "ls", "-q")).split("\n").sort()).toEqual([
            "blog-pv-claim",
            "database-pv-claim",
          ]);
          expect(await ok("secret", "ls", "--format", "{{.Name}}")).toBe("database-pass");
        },
      });
    },
  );

  test("Redis with a ConfigMap of which one key is mounted under another name", async () => {
    await playPublished({
      file: "redis-configmap.yaml",
      warnings: {},
      pods: ["redis"],
      answers: async () => {
        const asked = await waitFor("redis", () =>
          ok("exec", "redis-redis", "redis-cli", "CONFIG", "GET", "maxmemory*"),
        );
        expect(asked).toContain("2097152");
        expect(asked).toContain("allkeys-lru");
        expect(await ok("exec", "redis-redis", "ls", "/redis-master")).toBe("redis.conf");
      },
    });
  });

  test("a Job runs to its end", async () => {
    await playPublished({
      file: "job-pi.yaml",
      warnings: {},
      pods: ["pi-pod"],
      answers: async () => {
        expect(await ok("wait", "pi-pod-pi")).toBe("0");
        expect(await ok("logs", "pi-pod-pi")).toBe("3.1415926536");
      },
    });
  });

  test("a CronJob and a StatefulSet are named with what to do instead; the pod beside them plays", async () => {
    await playPublished({
      file: "scheduled-and-stateful.yaml",
      warnings: { "3:7": NOT_RUN("CronJob"), "23:7": NOT_RUN("Service"), "37:7": NOT_RUN("StatefulSet") },
      pods: ["beside"],
      answers: async () => {
        expect(await ok("ps", "--format", "{{.Names}}", "--filter", "name=beside-beside")).toBe(
          "beside-beside",
        );
      },
    });
  });

  test("sidecar loggers: containers on one emptyDir, and a restartable init container", async () => {
    await playPublished({
      file: "sidecar-logger.yaml",
      warnings: {},
      pods: ["counter", "myapp-pod"],
      answers: async () => {
        await logged("counter-count-log-1", /^1: /m);
        await logged("counter-count-log-2", / INFO 1$/m);
        await logged("myapp-pod-logshipper", /^logging$/m);
        expect(await ok("exec", "myapp-pod-myapp", "sh", "-c", "grep ' /opt ' /proc/mounts")).toMatch(
          /^tmpfs/,
        );
      },
    });
  });

  bridged.test("a List whose init containers wait for names of other pods", async () => {
    await playPublished({
      file: "init-containers.yaml",
      warnings: { "31:9": NOT_RUN("Service"), "49:9": NOT_RUN("Service") },
      pods: ["myapp-pod", "myservice", "mydb"],
      answers: () => logged("myapp-pod-myapp-container", /^The app is running!$/m),
    });
  });

  test("the downward API in files and in variables", async () => {
    await playPublished({
      file: "downward-api.yaml",
      warnings: {},
      pods: ["downward-example"],
      answers: async () => {
        const container = "downward-example-client-container";
        await logged(container, /^64$/m);
        const log = await ok("logs", container);
        for (const line of [
          'zone="us-est-coast"',
          'builder="john-doe"',
          "1500 33554432",
          " default default\n",
        ]) {
          expect(log).toContain(line);
        }
        expect(log).toMatch(new RegExp(`^downward-example ${POD_ADDRESS}$`, "m"));
      },
    });
  });

  test("a DaemonSet that reads the host's logs", async () => {
    const logs = join(directory, "log");
    mkdirSync(logs);
    writeFileSync(join(logs, "messages-of-the-test"), "a line of the host\n");
    await playPublished({
      file: "log-collector-daemonset.yaml",
      edit: (text) => text.replace("path: /var/log", `path: ${logs}`),
      warnings: {
        "3:7": NOT_RUN("ServiceAccount"),
        "12:3": ignored("namespace"),
        "19:3": ignored("updateStrategy"),
        "28:7": ignored("serviceAccountName"),
        "29:7": ignored("nodeSelector"),
        "31:7": ignored("tolerations"),
        "39:7": ignored("priorityClassName"),
      },
      pods: ["log-collector-pod"],
      answers: () => logged("log-collector-pod-log-collector", /^a line of the host$/m),
    });
  });

  test("a hardened web server: no root, no capability, nothing writable but memory", async () => {
    const port = freePort();
    await playPublished({
      file: "hardened-web.yaml",
      flags: ["--publish", `${port}:8080`],
      warnings: {
        "3:7": NOT_RUN("Namespace"),
        "11:3": ignored("namespace"),
        "36:3": ignored("namespace"),
        "40:13": ONE_POD(3),
        "41:3": ignored("revisionHistoryLimit"),
        "42:3": ignored("strategy"),
        "65:7": ignored("affinity"),
        "74:7": ignored("topologySpreadConstraints"),
        "138:7": NOT_RUN("HorizontalPodAutoscaler"),
        "158:7": NOT_RUN("PodDisruptionBudget"),
        "169:7": NOT_RUN("NetworkPolicy"),
        "183:7": NOT_RUN("Ingress"),
      },
      pods: ["web-pod"],
      answers: async () => {
        expect(await fetched(`http://127.0.0.1:${port}/`)).toBe("hardened\n");
        const status = readFileSync(
          `/proc/${await ok("inspect", "-f", "{{.State.Pid}}", "web-pod-web")}/status`,
          "utf8",
        );
        expect(status).toMatch(new RegExp(`^Uid:\t${hostId(10_001)}\t`, "m"));
        expect(status).toMatch(/^CapBnd:\t0+$/m);
        expect(status).toMatch(/^NoNewPrivs:\t1$/m);
        const touched = await pw("exec", "web-pod-web", "touch", "/usr/x");
        expect(touched.stderr).toContain("Read-only file system");
      },
    });
  });

  test("a projected volume of a Secret, a ConfigMap and the pod's own facts, with modes", async () => {
    await playPublished({
      file: "projected-volume.yaml",
      warnings: {},
      pods: ["volume-test"],
      answers: async () => {
        const inside = (script: string) => ok("exec", "volume-test-container-test", "sh", "-c", script);
        expect(
          await inside("cd /projected-volume; cat my-group/my-username labels cpu_limit my-group/my-config"),
        ).toBe('adminzone="eu"500colour=blue');
        expect(await inside("cd /projected-volume/my-group; stat -Lc %a my-username my-password")).toBe(
          "400\n440",
        );
        expect(await inside("grep ' /projected-volume ' /proc/mounts")).toMatch(/^tmpfs .* ro,/);
      },
    });
  });

  test("a claim for storage that an administrator has set aside, filled and then served by its subPath", async () => {
    const port = freePort();
    await playPublished({
      file: "persistent-volume.yaml",
      flags: ["--publish", `${port}:80`],
      warnings: { "3:7": NOT_RUN("PersistentVolume") },
      pods: ["task-pv-pod"],
      answers: async () =>
        expect(await fetched(`http://127.0.0.1:${port}/`)).toBe("Hello from Kubernetes storage\n"),
    });
  });

  bridged.test("none of the manifests was left out", () => {
    expect([...tried].sort()).toEqual(readdirSync(MANIFESTS).sort());
  });
});

describe("a pod of four containers", () => {
  const IMAGES = ["nginx", "redis", "busybox", "postgres"];

  function manifest(containers: readonly string[]): string {
    const list = containers.map((container) => `  - ${container}\n`).join("");
    return `apiVersion: v1\nkind: Pod\nmetadata: {name: timed}\nspec:\n  restartPolicy: Never\n  terminationGracePeriodSeconds: 0\n  containers:\n${list}`;
  }

  /** Milliseconds that its play takes. */
  async function timed(containers: readonly string[]): Promise<number> {
    const path = join(directory, "timed.yaml");
    writeFileSync(path, manifest(containers));
    const started = performance.now();
    await ok("kube", "play", "--quiet", path);
    const elapsed = performance.now() - started;
    await ok("kube", "down", path);
    return elapsed;
  }

  const sleeper = (image: string, index: number): string =>
    `{name: c${index}, image: ${image}, imagePullPolicy: IfNotPresent, command: [sleep, "1000"]}`;

  test("is there as soon as its slowest member: members are pulled side by side", async () => {
    await ok("rmi", "-f", ...IMAGES);
    // The largest.
    const slowest = await timed([sleeper("postgres", 0)]);
    await ok("rmi", "-f", "postgres");
    const all = await timed(IMAGES.map(sleeper));
    console.log(
      `      four images pulled and started in ${Math.round(all)} ms, the slowest alone in ${Math.round(slowest)} ms`,
    );
    // Unpacking takes processors, of which a host may have one or two.
    expect(all).toBeLessThan(3 * slowest + 2_000);
  });

  test("and started side by side: none waits for what another does after its start", async () => {
    const hook = 'lifecycle: {postStart: {exec: {command: [sleep, "1.5"]}}}';
    const member = (_: unknown, index: number) => sleeper("busybox", index).replace(/}$/, `, ${hook}}`);
    const one = await timed([member(undefined, 0)]);
    const four = await timed(Array.from({ length: 4 }, member));
    console.log(
      `      four containers with a hook of 1.5 s in ${Math.round(four)} ms, one in ${Math.round(one)} ms`,
    );
    expect(four).toBeLessThan(one + 4_000);
    await expectAsBefore(engine, before);
  });
});
