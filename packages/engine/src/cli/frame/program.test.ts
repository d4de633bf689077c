import { describe, expect, test } from "bun:test";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { recordingIo, type RecordingIo } from "../../../testing/recording-io.ts";
import { type Command, defineCommand } from "./command.ts";
import type { EngineOptions } from "./lazy-engine.ts";
import type { Output } from "./process-io.ts";
import { runProgram } from "./program.ts";
import { commandOf, pathsOf, type Tables, type VerbTable } from "./verb-table.ts";

const list = commandOf({
  command: defineCommand({
    path: ["ps"],
    also: [
      ["container", "ps"],
      ["container", "ls"],
      ["container", "list"],
    ],
    summary: "List containers",
    description: "Prints out information about the containers.\n\n  Second paragraph.\n",
    usage: "[options]",
    args: { min: 0, max: 0 },
    flags: {
      all: { type: "bool", short: "a", help: "Show all the containers" },
      filter: { type: "list", short: "f", valueName: "key=value", help: "Filter output" },
      last: { type: "int", short: "n", default: -1, help: "Print the n last created\nin all states" },
      secret: { type: "bool", hidden: true, help: "Not shown" },
      sort: { type: "string", default: "created", help: "Sort output by" },
      tree: {
        type: "string",
        valueName: "one|two|three|four|five|six|seven|eight",
        help: "Two lines\nfor this",
      },
    },
    examples: ["ps -a", "ps --sort names"],
    run: async ({ io, flags, program, argv, log }) => {
      log.debug("listing");
      io.out(`${program} ${String(flags.all)} ${flags.last} ${JSON.stringify(argv)}\n`);
    },
  }),
});

const stop = commandOf({
  command: defineCommand({
    path: ["stop"],
    also: [["container", "stop"]],
    summary: "Stop containers",
    usage: "CONTAINER [CONTAINER...]",
    args: { namesOr: ["all", "latest", "cidfile"], max: 3 },
    flags: {
      all: { type: "bool", short: "a", help: "" },
      cidfile: { type: "list", help: "" },
      filter: { type: "list", help: "" },
      latest: { type: "bool", short: "l", help: "" },
      time: { type: "int", short: "t", default: 10, help: "" },
    },
    run: async ({ args, engine, io }) => {
      io.out(`${args.join(",")}\n`);
      await engine.containers();
    },
  }),
});

const run = commandOf({
  command: defineCommand({
    path: ["run"],
    summary: "Run a container",
    usage: "IMAGE [COMMAND [ARG...]]",
    args: { min: 1 },
    flags: {
      hostname: { type: "string", short: "h", help: "" },
      quiet: { type: "bool", help: "" },
      root: { type: "string", help: "The command's own" },
      verbose: { type: "bool", help: "" },
    },
    exclusive: [["quiet", "verbose"]],
    stopAtFirstArg: true,
    run: async ({ args, flags, given, io }) => {
      io.out(`${JSON.stringify(args)} ${flags.hostname} ${given("hostname")}\n`);
      if (args[0] === "fail") throw new EngineError("STATE_BUSY", "it failed", { hint: "Wait." });
      if (args[0] === "both")
        throw new AggregateError([new EngineError("CANCELED", "one"), new Error("two")]);
      return args[0] === "seven" ? 7 : undefined;
    },
  }),
});

const exact = (path: string[], min: number, max?: number): Command =>
  commandOf({
    command: defineCommand({
      path,
      summary: path.join(" "),
      usage: "",
      args: max === undefined ? { min } : { min, max },
      flags: {},
      run: async () => undefined,
    }),
  });

const verbs: VerbTable = Object.fromEntries(
  [list, stop, run, exact(["cp"], 2, 2), exact(["commit"], 1, 2), exact(["pod", "rm"], 0, 1)].flatMap(
    (command) =>
      pathsOf(command).map((path, i) => [
        path.join(" "),
        { summary: command.summary, alias: i > 1, load: async () => command },
      ]),
  ),
);
const tables: Tables = {
  verbs,
  groups: {
    container: { summary: "Manage containers" },
    image: { summary: "Manage images" },
    pod: { summary: "Manage pods", description: "Pods are groups." },
  },
};

interface Ended {
  readonly code: number;
  readonly io: RecordingIo;
  readonly outputs: readonly Output[];
  readonly engines: readonly EngineOptions[];
}

async function start(argv: readonly string[]): Promise<Ended> {
  const io = recordingIo();
  const outputs: Output[] = [];
  const engines: EngineOptions[] = [];
  const code = await runProgram({
    argv,
    env: {},
    version: "1.2.3",
    tables,
    openIo: (output) => {
      outputs.push(output);
      return io;
    },
    createEngine: async (options) => {
      engines.push(options);
      throw new EngineError("NOT_IMPLEMENTED", "no engine in this test");
    },
  });
  return { code, io, outputs, engines };
}

const podwright = (...words: string[]): Promise<Ended> => start(["/usr/bin/podwright", ...words]);

async function failure(...words: string[]): Promise<string> {
  const { code, io } = await podwright(...words);
  return `${code} ${io.stderr}`;
}

describe("runProgram()", () => {
  test("finds the verb, gives it its flags, its name and the command line", async () => {
    const { code, io } = await start(["./podman", "ps", "-an", "3"]);
    expect(io.stdout).toBe('podman true 3 ["./podman","ps","-an","3"]\n');
    expect(code).toBe(0);
    expect((await podwright("container", "list", "-n1")).io.stdout).toStartWith("podwright false 1 ");
  });

  test("--version and -v", async () => {
    expect((await podwright("--version")).io.stdout).toBe("podwright version 1.2.3\n");
    expect((await podwright("-v")).io.stdout).toBe("podwright version 1.2.3\n");
  });

  test("the exit status is the command's", async () => {
    expect((await podwright("run", "seven")).code).toBe(7);
  });

  test("what follows the image is the image's", async () => {
    const { io } = await podwright("run", "-h", "web", "img", "--quiet", "-h", "--help");
    expect(io.stdout).toBe('["img","--quiet","-h","--help"] web true\n');
  });

  test("global flags stand before the command or after it; a command's own flag of the name wins", async () => {
    const { engines } = await podwright(
      "--root",
      "/a",
      "--log-level=debug",
      "stop",
      "x",
      "--runroot",
      "/b",
      "--root=/c",
    );
    expect(engines).toHaveLength(1);
    expect(engines[0]).toMatchObject({
      root: "/c",
      runRoot: "/b",
      program: "podwright",
      log: { level: "debug" },
    });
    expect((await podwright("run", "--root", "/own", "x")).code).toBe(0);
  });

  test("--runtime-flag is given without dashes, as often as wanted", async () => {
    const { engines } = await podwright("--runtime-flag", "debug", "--runtime-flag=a=b", "stop", "x");
    expect(engines[0]?.runtimeFlags).toEqual(["debug", "a=b"]);
    expect((await podwright("stop", "x")).engines[0]).not.toHaveProperty("runtimeFlags");
    const wrong = await podwright("--runtime-flag", "--debug", "stop", "x");
    expect(wrong.code).toBe(125);
    expect(wrong.io.stderr).toStartWith('Error: invalid --runtime-flag "--debug"\n');
  });

  test("no engine is made for a command that asks for none", async () => {
    expect((await podwright("ps")).engines).toEqual([]);
  });

  test("--log-level debug shows what is done", async () => {
    const levels = async (...words: string[]) =>
      [...(await podwright(...words, "ps")).io.stderr.matchAll(/^time=".*" level=(\w+) msg=".*"$/gm)].map(
        ([, level]) => level,
      );
    expect((await podwright("--log-level", "DEBUG", "ps")).io.stderr).toMatch(/level=debug msg="listing"\n$/);
    expect(await levels("--log-level=info")).toEqual(["info"]);
    expect(await levels("-D")).toEqual(["info", "debug", "debug"]);
    expect(await levels("--log-level=trace")).toEqual(["info", "debug", "trace", "debug"]);
    expect(await levels()).toEqual([]);
  });

  test("--out and --noout", async () => {
    expect((await podwright("--out", "/tmp/x", "ps")).outputs).toEqual([
      { kind: "stdout" },
      { kind: "file", path: "/tmp/x" },
    ]);
    expect((await podwright("--noout", "ps")).outputs.at(-1)).toEqual({ kind: "discard" });
  });
});

describe("what goes wrong on the command line", () => {
  const TOP = "Try 'podwright --help' for more information\n";
  test.each<[string[], string]>([
    [["frob"], `125 Error: unrecognized command \`podwright frob\`\n${TOP}`],
    [
      ["pso"],
      `125 Error: unrecognized command \`podwright pso\`\n\nDid you mean this?\n\tpod\n\tps\n\n${TOP}`,
    ],
    [
      ["pod", "r"],
      "125 Error: unrecognized command `podwright pod r`\n\nDid you mean this?\n\trm\n\nTry 'podwright pod --help' for more information\n",
    ],
    [["--frob"], "125 Error: unknown flag: --frob\nSee 'podwright --help'\n"],
    [["pod", "--frob"], "125 Error: unknown flag: --frob\nSee 'podwright pod --help'\n"],
    [["container", "ls", "--frob"], "125 Error: unknown flag: --frob\nSee 'podwright container ps --help'\n"],
    [["--storage-driver", "vfs", "ps"], "125 Error: the storage driver vfs is not supported: use overlay\n"],
    [["-r", "ps"], "125 Error: the global flag -r is not supported yet\n"],
    [
      ["--cgroup-manager=systemd", "ps"],
      "125 Error: the cgroup manager systemd is not supported yet: use cgroupfs\n",
    ],
    [
      ["--log-level", "x", "ps"],
      '1 Log Level "x" is not supported, choose from: trace, debug, info, warn, warning, error, fatal, panic\n',
    ],
    [["--debug", "--log-level=panic", "ps"], "1 Setting --log-level and --debug is not allowed\n"],
    [["ps", "x"], "125 Error: `podwright ps` takes no arguments\nSee 'podwright ps --help'\n"],
    [["run"], "125 Error: requires at least 1 arg(s), only received 0\nSee 'podwright run --help'\n"],
    [["cp", "a"], "125 Error: accepts 2 arg(s), received 1\nSee 'podwright cp --help'\n"],
    [["commit"], "125 Error: accepts between 1 and 2 arg(s), received 0\nSee 'podwright commit --help'\n"],
    [
      ["pod", "rm", "a", "b"],
      "125 Error: accepts at most 1 arg(s), received 2\nSee 'podwright pod rm --help'\n",
    ],
    [
      ["run", "--quiet", "--verbose", "x"],
      "125 Error: --quiet and --verbose cannot be set together\nSee 'podwright run --help'\n",
    ],
    [
      ["stop", "a", "b", "c", "d"],
      "125 Error: accepts at most 3 arg(s), received 4\nSee 'podwright stop --help'\n",
    ],
    [["stop"], "125 Error: you must provide at least one name or id\nSee 'podwright stop --help'\n"],
    [["stop", "-a", "x"], "125 Error: no arguments are needed with --all\nSee 'podwright stop --help'\n"],
    [["stop", "-al"], "125 Error: --all and --latest cannot be used together\nSee 'podwright stop --help'\n"],
    [
      ["stop", "-l", "x"],
      "125 Error: --latest and containers cannot be used together\nSee 'podwright stop --help'\n",
    ],
    [
      ["stop", "-a", "--cidfile", "f"],
      "125 Error: --all, --latest, and --cidfile cannot be used together\nSee 'podwright stop --help'\n",
    ],
    [
      ["stop", "--filter", "a=b", "x"],
      "125 Error: --filter takes no arguments\nSee 'podwright stop --help'\n",
    ],
    [["run", "fail"], "125 Error: it failed\nWait.\n"],
    [["run", "both"], "130 Error: one\nError: two\n"],
    [["stop", "x"], "125 Error: no engine in this test\n"],
  ])("%j", async (words, expected) => {
    expect(await failure(...words)).toBe(expected);
  });
});

describe("help", () => {
  const CONTAINER_HELP = `Manage containers

Description:
  Manage containers

Usage:
  podwright container [command]

Available Commands:
  ps          List containers
  stop        Stop containers

`;

  test("a noun without a verb prints its help on stdout and fails", async () => {
    const { code, io } = await podwright("container");
    expect(io.stdout).toBe(CONTAINER_HELP);
    expect(io.stderr).toBe("Error: missing command 'podwright container COMMAND'\n");
    expect(code).toBe(125);
  });

  test.each([[["container", "--help"]], [["container", "-h"]], [["help", "container"]]])(
    "%j",
    async (words) => {
      const { code, io } = await podwright(...words);
      expect({ code, stdout: io.stdout, stderr: io.stderr }).toEqual({
        code: 0,
        stdout: CONTAINER_HELP,
        stderr: "",
      });
    },
  );

  test("the program's own help lists verbs, nouns that have verbs, and global flags", async () => {
    const { stdout } = (await podwright("--help")).io;
    expect(stdout).toStartWith(
      "Manage pods, containers and images\n\nUsage:\n  podwright [options] [command]\n",
    );
    expect(stdout).toContain(
      "\n  container   Manage containers\n  cp          cp\n  help        Help about any command\n",
    );
    expect(stdout).not.toContain("image       ");
    expect(stdout).toContain("\n  -v, --version                 Print the version\n");
    expect(stdout).not.toContain("noout");
    const bare = await podwright();
    expect(bare.io.stdout).toBe(stdout);
    expect(bare.io.stderr).toBe("Error: missing command 'podwright COMMAND'\n");
  });

  test("a verb's help, in the place and by the name where it was called", async () => {
    const expected = (usage: string, aliases: string): string => `List containers

Description:
  Prints out information about the containers.

  Second paragraph.

Usage:
  ${usage} [options]
${aliases}
Examples:
  podman ps -a
  podman ps --sort names

Options:
  -a, --all                Show all the containers
  -f, --filter key=value   Filter output
  -n, --last int           Print the n last created
                           in all states (default -1)
      --sort string        Sort output by (default "created")
      --tree one|two|three|four|five|six|seven|eight
                           Two lines
                           for this

`;
    const aliases = "\nAliases:\n  ps, ls, list\n";
    expect((await start(["podman", "ps", "--help"])).io.stdout).toBe(expected("podman ps", ""));
    expect((await start(["podman", "help", "ps"])).io.stdout).toBe(expected("podman ps", ""));
    expect((await start(["podman", "container", "ls", "-h"])).io.stdout).toBe(
      expected("podman container ps", aliases),
    );
  });

  test("help has help of its own, and the program has -h", async () => {
    expect((await podwright("help", "--help")).io.stdout).toContain("Usage:\n  podwright help [command]\n");
    expect((await podwright("-h")).io.stdout).toBe((await podwright("help")).io.stdout);
  });

  test("-h is help only where the command has no -h of its own", async () => {
    expect((await podwright("run", "-h")).io.stderr).toStartWith(
      "Error: flag needs an argument: 'h' in -h\n",
    );
    expect((await podwright("run", "--help")).io.stdout).toContain(
      "Usage:\n  podwright run [options] IMAGE [COMMAND",
    );
  });
});
