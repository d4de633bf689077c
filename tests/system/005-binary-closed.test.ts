/** The built binary takes no code and no settings from the current directory or from Bun's environment variables. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../packages/engine/package.json";

const BINARY = join(import.meta.dir, "../../dist/podwright");

let directory = "";
beforeAll(async () => {
  if (!existsSync(BINARY)) throw new Error("dist/podwright is missing: run `bun run build`");
  directory = await mkdtemp(join(tmpdir(), "podwright-closed-"));
  await Bun.write(join(directory, "evil.ts"), `require("node:fs").writeFileSync("${directory}/pwned", "");`);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
  const child = Bun.spawn([BINARY, ...args], { cwd: directory, env, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

const AS_ALWAYS: Result = { stdout: `podwright version ${version}\n`, stderr: "", exitCode: 0 };

async function expectUnmoved(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const before = await readdir(directory);
  expect(await run(["--version"], env)).toEqual(AS_ALWAYS);
  expect(await readdir(directory)).toEqual(before);
}

describe("the binary is closed to the current directory", () => {
  test("bunfig.toml with a preload", async () => {
    const file = join(directory, "bunfig.toml");
    await Bun.write(file, 'preload = ["./evil.ts"]\n');
    await expectUnmoved();
    await rm(file);
  });

  test(".env", async () => {
    const file = join(directory, ".env");
    await Bun.write(file, "NO_SUCH=1\nBUN_OPTIONS=--preload=./evil.ts\nTZ=Pacific/Kiritimati\n");
    await expectUnmoved();
    // Log lines have local time: the one thing that a variable alone can change here.
    const failing = ["--log-level=debug", "version", "superfluous"];
    expect((await run(failing, { TZ: "Pacific/Kiritimati" })).stderr).toContain('+14:00" level=debug');
    expect((await run(failing)).stderr).toMatch(/time="\S+" level=debug/);
    expect((await run(failing)).stderr).not.toContain("+14:00");
    await rm(file);
  });

  test("package.json and tsconfig.json that redirect imports", async () => {
    const paths = { "*": ["./evil.ts"] };
    await Bun.write(
      join(directory, "tsconfig.json"),
      JSON.stringify({ compilerOptions: { baseUrl: ".", paths } }),
    );
    await Bun.write(join(directory, "package.json"), JSON.stringify({ imports: { "#*": "./evil.ts" } }));
    await expectUnmoved();
    await rm(join(directory, "tsconfig.json"));
    await rm(join(directory, "package.json"));
  });
});

describe("the binary is closed to the environment", () => {
  test.each([
    ["BUN_OPTIONS", "--preload ./evil.ts"],
    ["BUN_OPTIONS", "--require ./evil.ts"],
    ["BUN_OPTIONS", "--import ./evil.ts"],
    ["BUN_OPTIONS", "--config=./bunfig.toml"],
    ["BUN_OPTIONS", "--inspect"],
    ["NODE_OPTIONS", "--require ./evil.ts"],
    ["NODE_OPTIONS", "--import ./evil.ts"],
    ["BUN_BE_BUN", "1"],
    ["BUN_INSPECT", "ws://127.0.0.1:0/x"],
    ["BUN_INSPECT", "ws+unix://./inspect.sock"],
    ["BUN_INSPECT_PRELOAD", "./evil.ts"],
    ["BUN_INSPECT_CONNECT_TO", "ws+unix://./inspect.sock"],
    ["BUN_RUNTIME_TRANSPILER_CACHE_PATH", "./cache"],
    ["BUN_BYTECODE_ORDER_OUT", "./order"],
    ["BUN_BYTECODE_DIGEST_OUT", "./digest"],
    ["NODE_COMPILE_CACHE", "./cache"],
    ["NODE_REDIRECT_WARNINGS", "./warnings"],
    ["NODE_CHANNEL_FD", "1"],
    ["JSC_PROFILER_PATH", "./profile"],
    ["JSC_dumpOptions", "1"],
  ])("%s=%s", async (name, value) => {
    await expectUnmoved({ [name]: value });
  });

  test.if(process.arch === "x64")("BUN_JSC_dumpOptions=1", async () => {
    await expectUnmoved({ BUN_JSC_dumpOptions: "1" });
  });

  test("BUN_BE_BUN does not make `-e` evaluate", async () => {
    const result = await run(["-e", "console.log('open')"], { BUN_BE_BUN: "1" });
    expect(result.stdout).toBe("");
    expect(result.stderr).toBe("Error: unknown shorthand flag: 'e' in -e\nSee 'podwright --help'\n");
    expect(result.exitCode).toBe(125);
  });
});

describe("the binary's name", () => {
  test("a link named podman reads podman", async () => {
    await symlink(BINARY, join(directory, "podman"));
    const child = Bun.spawn([join(directory, "podman"), "frob"], { env: {}, stderr: "pipe" });
    expect(await new Response(child.stderr).text()).toBe(
      "Error: unrecognized command `podman frob`\nTry 'podman --help' for more information\n",
    );
    expect(await child.exited).toBe(125);
  });

  test("argv[0] decides, not the file", async () => {
    const child = Bun.spawn([BINARY, "--version"], { argv0: "elsewhere", env: {} });
    expect(await new Response(child.stdout).text()).toBe(`elsewhere version ${version}\n`);
  });
});
