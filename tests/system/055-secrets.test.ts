/** Secrets, and containers that are given them: as files on a tmpfs, or in the environment. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, setting } from "./engine.ts";
import { expectCleanEnd, type HostState } from "./host-state.ts";
import { warmUp } from "./warm-up.ts";

const engine = openEngine();
const { ok, pw, json, run } = engine;
let before: HostState;
let id = "";

beforeAll(async () => {
  // The first secret makes their directory.
  await run(["secret", "create", "--env", "first", "HOME"]);
  await ok("secret", "rm", "first");
  before = await warmUp(engine, "busybox");
  const made = await run(["secret", "create", "--label", "for=test", "word", "-"], { stdin: "s3cret" });
  id = made.stdout.trim();
});

afterAll(async () => {
  await ok("secret", "rm", "-a");
  await expectCleanEnd(engine, before);
});

describe("the noun", () => {
  test("create from standard input, a file and the environment; ls, inspect, exists, rm", async () => {
    expect(id).toMatch(/^[0-9a-f]{25}$/);
    writeFileSync(join(setting("WORK"), "secret"), "from a file\n");
    await ok("secret", "create", "file", join(setting("WORK"), "secret"));
    const made = await run(["secret", "create", "--env", "variable", "WORD"], {
      env: { WORD: "from outside" },
    });
    expect(made.code).toBe(0);
    expect(await ok("secret", "ls", "-f", "name=^word$", "--format", "{{.ID}} {{.Name}} {{.Driver}}")).toBe(
      `${id} word file`,
    );
    expect(await ok("secret", "inspect", "--showsecret", "-f", "{{.SecretData}}", "file", "variable")).toBe(
      "from a file\n\nfrom outside",
    );
    const [shown] = (await json("secret", "inspect", id.slice(0, 10))) as readonly { Spec: object }[];
    expect(shown?.Spec).toMatchObject({ Name: "word", Labels: { for: "test" } });
    expect(JSON.stringify(shown)).not.toContain("s3cret");
    expect([(await pw("secret", "exists", "word")).code, (await pw("secret", "exists", "no")).code]).toEqual([
      0, 1,
    ]);
    await ok("secret", "rm", "file", "variable");
    const gone = await pw("secret", "rm", "file");
    expect([gone.code, gone.stderr]).toEqual([
      1,
      'Error: no secret with name or id "file": no such secret\n',
    ]);
  });

  test("the bytes are readable to their owner alone, and are nowhere else", async () => {
    expect(readFileSync(`${engine.root}/secrets/${id}`, "utf8")).toBe("s3cret");
    expect(readFileSync(`${engine.root}/state.db`, "latin1")).not.toContain("s3cret");
  });
});

describe("a container's secrets", () => {
  test("is a file in /run/secrets, with the owner and mode asked for, and cannot be changed", async () => {
    const script = "cat /run/secrets/word; stat -c ' %a %u:%g' /run/secrets/word; echo x > /run/secrets/new";
    const plain = await pw("run", "--rm", "--secret", "word", "busybox", "sh", "-c", script);
    expect(plain.stdout).toBe("s3cret 444 0:0\n");
    expect(plain.stderr).toContain("Read-only file system");
    const other = [
      "--secret",
      "word,target=deep/er,uid=1000,gid=1000,mode=0400",
      "--secret",
      `${id},target=/etc/key`,
    ];
    const asUser = "cat /run/secrets/deep/er /etc/key; stat -c ' %a %u:%g' /run/secrets/deep/er";
    expect(await ok("run", "--rm", ...other, "--user", "1000:1000", "busybox", "sh", "-c", asUser)).toBe(
      "s3crets3cret 400 1000:1000",
    );
    const outside = "cat /run/out";
    expect(await ok("run", "--rm", "--secret", "word,target=../out", "busybox", "sh", "-c", outside)).toBe(
      "s3cret",
    );
  });

  test("is a variable of the process and of exec sessions, and is in no view", async () => {
    await ok(
      "run",
      "-d",
      "--name",
      "env",
      "--secret",
      "word,type=env,target=WORD",
      "busybox",
      "sh",
      "-c",
      "echo $WORD; sleep 60",
    );
    expect(await ok("exec", "env", "sh", "-c", "echo $WORD")).toBe("s3cret");
    expect(await ok("logs", "env")).toBe("s3cret");
    expect(await ok("inspect", "env")).not.toContain("s3cret");
    await ok("rm", "-f", "-t", "0", "env");
  });

  test("stays with its container when it is removed or replaced, also in a pod", async () => {
    await ok("pod", "create", "--name", "kept");
    await ok(
      "create",
      "--pod",
      "kept",
      "--name",
      "keeper",
      "--secret",
      "word",
      "busybox",
      "cat",
      "/run/secrets/word",
    );
    const changed = await run(["secret", "create", "--replace", "word", "-"], { stdin: "another" });
    expect(changed.code).toBe(0);
    for (let start = 0; start < 2; start++) expect(await ok("start", "-a", "keeper")).toBe("s3cret");
    const [shown] = (await json("inspect", "keeper")) as readonly { Config: { Secrets: object[] } }[];
    expect(shown?.Config.Secrets).toEqual([{ Name: "word", ID: id, UID: 0, GID: 0, Mode: 0o444 }]);
    await ok("pod", "rm", "-f", "kept");
    expect(readdirSync(`${engine.root}/containers`)).toEqual([]);
  });

  test("that cannot be given keeps the container from being made", async () => {
    const missing = await pw("create", "--secret", "nobody", "busybox");
    expect([missing.code, missing.stderr]).toEqual([
      125,
      'Error: no secret with name or id "nobody": no such secret\n',
    ]);
    const clash = await pw("create", "--secret", "word", "--secret", "word,target=word/x", "busybox");
    expect(clash.stderr).toContain("in each other's way");
    expect(await ok("ps", "-aq")).toBe("");
  });
});
