import { describe, expect, test } from "bun:test";
import { documentOf, readText, suitesLeftOut, testsLeftOut } from "./gen-users-pass.ts";

test("docs/rootless.md names what an ordinary user's pass leaves out (else: bun run gen)", () => {
  const document = readText("docs/rootless.md");
  expect(document).toBe(documentOf(document));
});

describe("suitesLeftOut()", () => {
  const setup = (line: string): string => `roots_alone() {\n  cat <<'END'\n${line}\nEND\n}\n`;

  test("gives suites with their reasons", () => {
    expect(suitesLeftOut(setup("045-networks: no bridges: yet"), ["045-networks"])).toEqual([
      { suite: "045-networks", reason: "no bridges: yet" },
    ]);
  });

  test("refuses a suite that is not there, and one without a reason", () => {
    expect(() => suitesLeftOut(setup("046-gone: why"), ["045-networks"])).toThrow("046-gone");
    expect(() => suitesLeftOut(setup("045-networks"), ["045-networks"])).toThrow("045-networks");
  });
});

describe("testsLeftOut()", () => {
  test("finds tests and groups by the mark's name, also where they are conditional", () => {
    const source = `
      const bridged = rootOnly("no bridge");
      bridged.test("one", () => {});
      bridged.describe("some", () => {});
      const other = rootOnly(
        "of another kind",
      );
      other.test.skipIf(true)(
        "two", () => {});`;
    expect(testsLeftOut("s", source)).toEqual([
      { suite: "s", test: "one", reason: "no bridge" },
      { suite: "s", test: "some", reason: "no bridge" },
      { suite: "s", test: "two", reason: "of another kind" },
    ]);
  });

  test("refuses marks that it cannot read", () => {
    expect(() => testsLeftOut("s", 'rootOnly(WHY).test("one", () => {});')).toThrow("is not of the form");
    expect(() => testsLeftOut("s", 'const unused = rootOnly("why");')).toThrow("nothing is marked");
  });
});
