/** The second half of the tutorial: a web application and its database in a pod, out to Kubernetes YAML and back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, openEngine, type Result, succeed, workDirectory } from "./engine.ts";
import { expectAsBefore, expectCleanEnd, type HostState } from "./host-state.ts";
import { hostId } from "./user.ts";
import { waitFor } from "./waiting.ts";
import { warmUpKube } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, json } = engine;
let before: HostState;
let directory = "";

/** A line of the tutorial, in a shell that finds `podwright` on its path. */
async function type(line: string): Promise<Result> {
  const PATH = `${join(directory, "bin")}:${process.env["PATH"]}`;
  return execute(["sh", "-c", line], { cwd: directory, env: { PATH } });
}

async function typed(line: string): Promise<string> {
  return succeed(await type(line));
}

const URL = "http://localhost:8080/";

/** The page, once the pod answers: the application waits for its database, and the first start makes a cluster. */
async function page(): Promise<string> {
  return waitFor(
    "the blog's page",
    async () => {
      const { code, stdout } = await execute(["curl", "-sS", "--fail", "--max-time", "20", URL]);
      return code === 0 ? stdout : undefined;
    },
    60_000,
  );
}

async function post(title: string): Promise<void> {
  const form = ["--data-urlencode", `title=${title}`, "--data-urlencode", "body=Text <of> it"];
  succeed(await execute(["curl", "-sS", "--fail", "--max-time", "10", ...form, URL]));
}

beforeAll(async () => {
  before = await warmUpKube(engine, "postgres", "myblog");
  directory = workDirectory("blog-");
  const program = join(directory, "bin", "podwright");
  mkdirSync(join(directory, "bin"));
  writeFileSync(program, `#!/bin/sh\nexec ${engine.argv.join(" ")} "$@"\n`);
  chmodSync(program, 0o755);
});

afterAll(() => rmSync(directory, { recursive: true }));

async function cleanEnd(): Promise<void> {
  await expectCleanEnd(engine, before);
}

describe("the tutorial, word for word", () => {
  afterAll(cleanEnd);

  test("a pod of a database and a web application answers on the host's port", async () => {
    await typed("podwright pod create --name blogpod -p 8080:80");
    await typed("podwright run -dt --pod blogpod --name blogdb -e POSTGRES_PASSWORD=secret postgres");
    await typed(
      "podwright run -dt --pod blogpod --name blogweb -e DATABASE_URL=postgres://postgres:secret@localhost/postgres myblog:latest",
    );
    expect(await page()).toContain("No posts yet.");
    await post('A <b>"first"</b> post');
    const shown = await page();
    expect(shown).toContain("A &lt;b&gt;&quot;first&quot;&lt;/b&gt; post");
    expect(shown).toContain("Text &lt;of&gt; it");
  });

  test("the row is in PostgreSQL, which has its ways to be asked", async () => {
    const query = "SELECT count(*) FROM posts";
    expect(await ok("exec", "blogdb", "psql", "-U", "postgres", "-Atc", query)).toBe("1");
    // Over TCP, where the other members are, the password counts.
    const wrong = await pw(
      "exec",
      "-e",
      "PGPASSWORD=wrong",
      "blogdb",
      "psql",
      "-h",
      "localhost",
      "-U",
      "postgres",
    );
    expect(wrong.stderr).toContain("password authentication failed");
  });

  test("neither runs as root once it has what it needed root for", async () => {
    const users = async (name: string): Promise<string[]> => {
      const pid = await ok("inspect", "-f", "{{.State.Pid}}", name);
      return [/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? ""];
    };
    expect([await users("blogdb"), await users("blogweb")]).toEqual([[`${hostId(999)}`], [`${hostId(33)}`]]);
  });

  test("the pod is written as YAML, removed, played, and answers again", async () => {
    await typed("podwright generate kube blogpod > blogpod.yaml");
    expect(readFileSync(join(directory, "blogpod.yaml"), "utf8")).toContain("hostPort: 8080");
    await typed("podwright pod rm -f blogpod");
    expect((await execute(["curl", "-s", "--max-time", "2", URL])).code).not.toBe(0);
    const { stdout, stderr, code } = await type("podwright play kube blogpod.yaml");
    // What does not run yet is said, and does not count.
    expect([
      code,
      stderr.split("\n").filter((line) => /^[^ ].*: /.test(line) && !line.includes(": warning: ")),
    ]).toEqual([0, []]);
    expect(stdout).toMatch(/^Pod:\n[0-9a-f]{64}\nContainers:\n[0-9a-f]{64}\n[0-9a-f]{64}\n\n$/m);
    expect(await page()).toContain("<h1>myblog</h1>");
    await post("After the round trip");
    expect(await page()).toContain("After the round trip");
  });

  test("kube down takes it all away", async () => {
    const said = await typed("podwright kube down blogpod.yaml");
    expect(said).toMatch(/^Pods stopped:\n[0-9a-f]{64}\nPods removed:\n[0-9a-f]{64}/);
    expect(await ok("ps", "-aq")).toBe("");
    expect((await execute(["curl", "-s", "--max-time", "2", URL])).code).not.toBe(0);
    await expectAsBefore(engine, before);
  });
});

describe("with a named volume", () => {
  afterAll(cleanEnd);

  test("rows survive generate kube, pod rm, play kube, kube down and another play kube", async () => {
    await typed("podwright pod create --name blogpod -p 8080:80");
    await typed(
      "podwright run -dt --pod blogpod --name blogdb -v blogdata:/var/lib/postgresql/data -e POSTGRES_PASSWORD=secret postgres",
    );
    await typed(
      "podwright run -dt --pod blogpod --name blogweb -e DATABASE_URL=postgres://postgres:secret@localhost/postgres myblog:latest",
    );
    await page();
    await post("Before it went to YAML");
    await typed("podwright generate kube --filename volume.yaml blogpod");
    expect(readFileSync(join(directory, "volume.yaml"), "utf8")).toContain("claimName: blogdata");
    await typed("podwright pod rm -f blogpod");
    await typed("podwright play kube volume.yaml");
    expect(await page()).toContain("Before it went to YAML");
    await post("Between two plays");
    await typed("podwright kube down volume.yaml");
    expect(await ok("volume", "ls", "-q")).toBe("blogdata");
    await typed("podwright kube play volume.yaml");
    const shown = await page();
    expect(shown).toContain("Before it went to YAML");
    expect(shown).toContain("Between two plays");
    expect(await ok("logs", "blogpod-blogdb")).toContain("holds a cluster, which is kept as it is");
  });

  test("both end on their stop signal, within a second or two and with status 0", async () => {
    const started = performance.now();
    await ok("stop", "-t", "30", "blogpod-blogweb", "blogpod-blogdb");
    expect(performance.now() - started).toBeLessThan(20_000);
    const states = (await json("inspect", "blogpod-blogweb", "blogpod-blogdb")) as readonly {
      State: { ExitCode: number };
    }[];
    expect(states.map(({ State }) => State.ExitCode)).toEqual([0, 0]);
  });

  test("kube down --force takes the volume along", async () => {
    await typed("podwright kube down --force volume.yaml");
    expect(await ok("volume", "ls", "-q")).toBe("");
    await expectAsBefore(engine, before);
  });
});

describe("the postgres image", () => {
  afterAll(cleanEnd);

  test("without a password it says what to set, and does not run", async () => {
    const { code, stderr, stdout } = await pw("run", "--rm", "postgres");
    expect(code).toBe(1);
    expect(stderr + stdout).toContain("set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE");
  });

  test("user, database, password file, options and scripts are honoured", async () => {
    const scripts = join(directory, "scripts");
    mkdirSync(scripts);
    writeFileSync(join(scripts, "1.sql"), "CREATE TABLE t (a int);\nINSERT INTO t VALUES (41);\n");
    writeFileSync(join(scripts, "2.sh"), "psql -qc 'UPDATE t SET a = a + 1'\n");
    writeFileSync(join(directory, "password"), "from a file\n");
    const env = ["POSTGRES_USER=me", "POSTGRES_DB=mine", "POSTGRES_PASSWORD_FILE=/password"];
    const options = "POSTGRES_INITDB_ARGS=--locale-provider=icu --icu-locale='en US'";
    const volumes = [`${scripts}:/docker-entrypoint-initdb.d:ro`, `${directory}/password:/password:ro`];
    const flags = [
      ...[...env, options].map((line) => `--env=${line}`),
      ...volumes.map((spec) => `-v=${spec}`),
    ];
    await ok("run", "-d", "--name", "db", ...flags, "postgres", "-c", "work_mem=5MB");
    const ask = (sql: string) =>
      ok(
        "exec",
        "-e",
        "PGPASSWORD=from a file",
        "db",
        "psql",
        "-h",
        "localhost",
        "-U",
        "me",
        "-Atc",
        sql,
        "mine",
      );
    await waitFor("the database", () => ask("SELECT 1"), 60_000);
    expect(await ask("SELECT a FROM t")).toBe("42");
    expect(await ask("SHOW work_mem")).toBe("5MB");
    await ok("rm", "-f", "-v", "db");
    await expectAsBefore(engine, before);
  });

  test("a container that is killed while it makes its first cluster makes another at its next start", async () => {
    await ok("run", "-d", "--name", "db", "-e", "POSTGRES_PASSWORD=p", "postgres");
    await waitFor(
      "initdb",
      async () => (await ok("logs", "db")).includes("creating subdirectories") || undefined,
    );
    await ok("kill", "db");
    await ok("wait", "db");
    await ok("start", "db");
    await waitFor(
      "the database",
      () => ok("exec", "db", "psql", "-U", "postgres", "-Atc", "SELECT 1"),
      60_000,
    );
    await ok("rm", "-f", "-v", "db");
    await expectAsBefore(engine, before);
  });
});
