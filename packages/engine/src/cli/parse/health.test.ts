import { describe, expect, test } from "bun:test";
import type { FlagValues } from "../frame/command.ts";
import { parseCommandLine } from "../frame/flag-parser.ts";
import { healthFlags, parseHealth, parseTest } from "./health.ts";

function wish(...argv: readonly string[]) {
  const options = { flags: healthFlags, commandPath: "podwright create", stopAtFirstArg: false };
  return parseHealth(parseCommandLine(argv, options).values as FlagValues<typeof healthFlags>);
}

describe("parseTest()", () => {
  test.each([
    ["curl -f http://localhost/ || exit 1", ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]],
    ["[ -e /file ]", ["CMD-SHELL", "[ -e /file ]"]],
    ["/check", ["CMD-SHELL", "/check"]],
    ['["/check", "with blanks"]', ["CMD", "/check", "with blanks"]],
    ['["/check with blanks"]', ["CMD-SHELL", "/check with blanks"]],
    ['["CMD", "/check", "a b"]', ["CMD", "/check", "a b"]],
    ['["CMD-SHELL", "a", "b"]', ["CMD-SHELL", "a b"]],
    ['["NONE"]', ["NONE"]],
    ["CMD /check  me", ["CMD", "/check", "me"]],
    ["CMD-SHELL curl -f x", ["CMD-SHELL", "curl -f x"]],
    ["none", ["NONE"]],
    ["[1]", ["CMD-SHELL", "[1]"]],
  ])("%s", (text, expected) => {
    expect(parseTest(text)).toEqual(expected);
  });

  test("an array without words is no command", () => {
    expect(() => parseTest("[]")).toThrow("must define a healthcheck command for all healthchecks");
  });
});

describe("parseHealth()", () => {
  test("what is not said stays open: the image may say it", () => {
    expect(wish()).toBeUndefined();
    expect(wish("--health-cmd=")).toBeUndefined();
    expect(wish("--health-interval", "disable")).toEqual({ interval: 0 });
  });

  test("everything at once", () => {
    expect(
      wish(
        "--health-cmd=true",
        "--health-interval=1m30s",
        "--health-timeout=500ms",
        "--health-start-period=2s",
        "--health-retries=4",
        "--health-on-failure=restart",
        "--health-log-destination=/tmp",
        "--health-max-log-count=0",
        "--health-max-log-size=9",
        '--health-startup-cmd=["a","b"]',
        "--health-startup-interval=1s",
        "--health-startup-retries=7",
        "--health-startup-success=2",
        "--health-startup-timeout=3s",
      ),
    ).toEqual({
      test: ["CMD-SHELL", "true"],
      interval: 90_000,
      timeout: 500,
      startPeriod: 2000,
      retries: 4,
      startup: { test: ["CMD", "a", "b"], interval: 1000, timeout: 3000, retries: 7, successes: 2 },
      onFailure: "restart",
      logDestination: "/tmp",
      maxLogCount: 0,
      maxLogSize: 9,
    });
  });

  test("none, in both ways to say it", () => {
    expect(wish("--no-healthcheck")).toBe("none");
    expect(wish("--health-cmd", "none", "--health-interval", "5s")).toBe("none");
  });

  test.each([
    [["--no-healthcheck", "--health-cmd", "true"], "cannot specify both --no-healthcheck and --health-cmd"],
    [
      ["--no-healthcheck", "--health-startup-cmd", "true"],
      "cannot specify both --no-healthcheck and --health-startup-cmd",
    ],
    [["--health-interval", "5"], 'invalid healthcheck-interval: time: missing unit in duration "5"'],
    [["--health-interval", "-5s"], "healthcheck-interval must be 0 seconds or greater"],
    [["--health-timeout", "x"], 'invalid healthcheck-timeout: time: invalid duration "x"'],
    [["--health-timeout", "0s"], "healthcheck-timeout must be at least 1 second"],
    [["--health-start-period", "-1s"], "healthcheck-start-period must be 0 seconds or greater"],
    [["--health-retries", "0"], "healthcheck-retries must be greater than 0"],
    [
      ["--health-retries", "-1"],
      'invalid argument "-1" for "--health-retries" flag: strconv.ParseUint: parsing "-1": invalid syntax',
    ],
    [
      ["--health-on-failure", "explode"],
      'invalid on-failure action "explode" for health check: supported actions are none,kill,restart,stop',
    ],
  ])("%j", (argv, message) => {
    expect(() => wish(...argv)).toThrow(message);
  });
});
