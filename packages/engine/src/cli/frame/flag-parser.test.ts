import { describe, expect, test } from "bun:test";
import { EngineError } from "@podwright/spec/errors/engine-error";
import * as fc from "fast-check";
import type { Flags } from "./command.ts";
import { parseCommandLine, type ParsedLine } from "./flag-parser.ts";

const FLAGS: Flags = {
  all: { type: "bool", short: "a", help: "" },
  "cap-add": { type: "csv", help: "" },
  cpus: { type: "float", help: "" },
  env: { type: "list", short: "e", help: "" },
  interactive: { type: "bool", short: "i", help: "" },
  last: { type: "int", short: "n", default: -1, help: "" },
  name: { type: "string", help: "" },
  network: { type: "list", help: "" },
  publish: { type: "list", short: "p", help: "" },
  "read-only": { type: "maybe-bool", help: "" },
  secret: { type: "string", hidden: true, help: "" },
  time: { type: "int", short: "t", default: 10, help: "" },
};

function parse(line: readonly string[], stopAtFirstArg = false): ParsedLine {
  return parseCommandLine(line, { flags: FLAGS, commandPath: "podwright run", stopAtFirstArg });
}

function failure(...line: readonly string[]): string {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof EngineError) return `${error.exitCode} ${error.message}\n${error.hint}`;
  }
  return "no failure";
}

describe("parseCommandLine()", () => {
  test("gives a value for every flag, defaults where none is given", () => {
    const { values, given } = parse([]);
    expect(values).toEqual({
      all: false,
      "cap-add": [],
      cpus: undefined,
      env: [],
      interactive: false,
      last: -1,
      name: undefined,
      network: [],
      publish: [],
      "read-only": undefined,
      secret: undefined,
      time: 10,
    });
    expect(given.size).toBe(0);
  });

  test.each<[string, string[], string, unknown]>([
    ["--flag=value", ["--name=x=y"], "name", "x=y"],
    ["--flag value", ["--name", "-x"], "name", "-x"],
    ["an empty value", ["--name="], "name", ""],
    ["-n value", ["-n", "5"], "last", 5],
    ["-n5", ["-n5"], "last", 5],
    ["-n=5", ["-n=5"], "last", 5],
    ["-p8080:80", ["-p8080:80"], "publish", ["8080:80"]],
    ["a cluster that ends in a value", ["-aip", "80"], "publish", ["80"]],
    ["a switch", ["--all"], "all", true],
    ["a switch set to false", ["--all=false"], "all", false],
    ["a short switch set to false", ["-a=F"], "all", false],
    ["a switch that may be absent", ["--read-only=0"], "read-only", false],
    ["the last of several", ["--name", "a", "--name", "b"], "name", "b"],
    ["a list", ["-e", "A=1,2", "--env", "B"], "env", ["A=1,2", "B"]],
    ["comma-separated values", ["--cap-add", 'A,"B,C"', "--cap-add=D"], "cap-add", ["A", "B,C", "D"]],
    ["no comma-separated values", ["--cap-add="], "cap-add", []],
    ["hexadecimal", ["-n", "0x10"], "last", 16],
    ["octal", ["-n", "010"], "last", 8],
    ["a negative number", ["-n", "-3"], "last", -3],
    ["a fraction", ["--cpus", ".5"], "cpus", 0.5],
    ["another spelling: net", ["--net", "none"], "network", ["none"]],
    ["another spelling: timeout", ["--timeout=3"], "time", 3],
  ])("reads %s", (_what, line, flag, value) => {
    const parsed = parse(line);
    expect(parsed.values[flag]).toEqual(value);
    expect([...parsed.given]).toContain(flag);
    expect(parsed.args).toEqual([]);
  });

  test("a switch does not take the next word", () => {
    expect(parse(["--all", "false"])).toMatchObject({ values: { all: true }, args: ["false"] });
  });

  test("flags and arguments may be mixed, `-` is an argument, `--` ends the flags", () => {
    expect(parse(["a", "-a", "-", "b", "--", "-i", "--"])).toMatchObject({
      values: { all: true, interactive: false },
      args: ["a", "-", "b", "-i", "--"],
    });
  });

  test("stopAtFirstArg leaves what follows the first argument as it is", () => {
    expect(parse(["-i", "image", "-a", "--", "--nope"], true).args).toEqual(["image", "-a", "--", "--nope"]);
    expect(parse(["-i", "--", "image", "--"], true).args).toEqual(["image", "--"]);
  });

  const SEE = "\nSee 'podwright run --help'";
  test.each<[string[], string]>([
    [["--frob"], "unknown flag: --frob"],
    [["--frob=1"], "unknown flag: --frob"],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["-xa"], "unknown shorthand flag: 'x' in -xa"],
    [["-ax"], "unknown shorthand flag: 'x' in -x"],
    [["--name"], "flag needs an argument: --name"],
    [["-ip"], "flag needs an argument: 'p' in -p"],
    [["--=x"], "bad flag syntax: --=x"],
    [["---a"], "bad flag syntax: ---a"],
    [["-="], "unknown shorthand flag: '=' in -="],
    [
      ["--all=x"],
      'invalid argument "x" for "-a, --all" flag: strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [["--all="], 'invalid argument "" for "-a, --all" flag: strconv.ParseBool: parsing "": invalid syntax'],
    [
      ["-n", "x"],
      'invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ["-n", "9223372036854775808"],
      'invalid argument "9223372036854775808" for "-n, --last" flag: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    [["--cpus=a"], 'invalid argument "a" for "--cpus" flag: strconv.ParseFloat: parsing "a": invalid syntax'],
    [
      ["--cap-add", 'a"b'],
      `invalid argument "a\\"b" for "--cap-add" flag: parse error on line 1, column 2: bare " in non-quoted-field`,
    ],
  ])("%j fails in Podman's words", (line, message) => {
    expect(failure(...line)).toBe(`125 ${message}${SEE}`);
  });

  test("a typo gets a suggestion, after Podman's two lines", () => {
    expect(failure("--nmae", "x")).toBe(`125 unknown flag: --nmae${SEE}\n\nDid you mean this?\n\t--name`);
    expect(failure("--publish-all")).toBe(`125 unknown flag: --publish-all${SEE}`);
    expect(failure("--secre")).not.toContain("Did you mean");
  });

  test("values come through any way of writing them", () => {
    const value = fc.string({ unit: "binary" }).filter((s) => !s.includes("\0"));
    fc.assert(
      fc.property(value, (text) => {
        expect(parse([`--name=${text}`]).values["name"]).toBe(text);
        expect(parse(["--name", text]).values["name"]).toBe(text);
        expect(parse(["-e", text, `--env=${text}`]).values["env"]).toEqual([text, text]);
        if (text !== "") expect(parse([`-e=${text}`]).values["env"]).toEqual([text]);
        if (text !== "" && !text.startsWith("=")) expect(parse([`-ae${text}`]).values["env"]).toEqual([text]);
      }),
    );
  });

  test("comma-separated values come back from Go's quoting", () => {
    const quote = (s: string): string => (/[",\r\n]|^\s|^$/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => {
        expect(parse(["--cap-add", values.map(quote).join(",")]).values["cap-add"]).toEqual(values);
      }),
    );
  });

  test("no line does anything but parse or fail with CLI_USAGE", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("--", "-", "-a", "-ap", "--name", "--all=", "-n=", "--=", "-n9"),
    );
    fc.assert(
      fc.property(fc.array(word), fc.boolean(), (line, stop) => {
        try {
          parse(line, stop);
        } catch (error) {
          if (!(error instanceof EngineError) || error.code !== "CLI_USAGE") throw error;
        }
      }),
    );
  });
});
