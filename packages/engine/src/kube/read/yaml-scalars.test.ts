import { describe, expect, test } from "bun:test";
import { plainScalar, taggedScalar } from "./yaml-scalars.ts";

describe("plainScalar() reads as Go's yaml.v2 does", () => {
  test.each<[string, unknown]>([
    ["", null],
    ["~", null],
    ["Null", null],
    ["yes", true],
    ["Off", false],
    ["y", true],
    ["N", false],
    ["yEs", "yEs"],
    ["0644", 420],
    ["0o644", 420],
    ["0x1F", 31],
    ["0b101", 5],
    ["-0x10", -16],
    ["1_000", 1000],
    ["+5", 5],
    ["08", 8],
    ["1e3", 1000],
    ["1.0", 1],
    ["1.5", 1.5],
    [".5", 0.5],
    ["1:30", "1:30"],
    ["2026-01-02", "2026-01-02"],
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["1.2.3", "1.2.3"],
    ["10.0.0.1", "10.0.0.1"],
    ["0x", "0x"],
    ["1Gi", "1Gi"],
    ["-", "-"],
    ["nginx", "nginx"],
  ])("%p", (text, value) => {
    expect(plainScalar(text)).toMatchObject({ value });
  });

  test("numbers beyond what a number holds exactly are no integers", () => {
    expect(plainScalar("9007199254740993").type).toBe("float");
    expect(plainScalar(".inf").type).toBe("float");
    expect(plainScalar("1e3").type).toBe("integer");
  });
});

describe("taggedScalar()", () => {
  test("a tag decides", () => {
    expect(taggedScalar("tag:yaml.org,2002:str", "yes")?.value).toBe("yes");
    expect(taggedScalar("tag:yaml.org,2002:int", "5")?.value).toBe(5);
    expect(taggedScalar("tag:yaml.org,2002:binary", "aGk=")?.value).toBe("hi");
    expect(taggedScalar("tag:yaml.org,2002:int", "five")).toBeUndefined();
    expect(taggedScalar("!vault", "x")).toBeUndefined();
  });
});
