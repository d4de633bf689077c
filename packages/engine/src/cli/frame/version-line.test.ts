import { expect, test } from "bun:test";
import { asksForVersion, versionLine } from "./version-line.ts";

test("the version is told under the name that the program was called by", () => {
  expect(versionLine(["/usr/local/bin/podman", "--version"], "1.2.3")).toBe("podman version 1.2.3\n");
  expect(versionLine([], "1.2.3")).toBe("podwright version 1.2.3\n");
});

test("only the flag alone is answered without looking at the rest", () => {
  expect(asksForVersion(["podwright", "--version"])).toBe(true);
  expect(asksForVersion(["podwright", "-v"])).toBe(true);
  expect(asksForVersion(["podwright", "--version", "--bogus"])).toBe(false);
  expect(asksForVersion(["podwright", "version"])).toBe(false);
  expect(asksForVersion(["podwright"])).toBe(false);
});
