import { expect, test } from "bun:test";
import { claimName, containerLabel, isQualifiedName, label, objectName, unusedLabel } from "./names.ts";

test("names of containers and pods lose their underscores, and other characters turn into dashes", () => {
  expect(containerLabel("My_Web.1")).toBe("myweb-1");
  expect(containerLabel("___")).toBe("x");
  expect(objectName("Blog_Pod.v2")).toBe("blogpod.v2");
  expect(claimName("UPPERCASE_Volume")).toBe("uppercase-volume");
});

test("label() keeps the end of a long path", () => {
  expect(label("/srv/Upper/Case_Path/")).toBe("srv-upper-case-path");
  const long = label(`/${"a".repeat(80)}/data`);
  expect(long).toHaveLength(63);
  expect(long).toEndWith("-data");
});

test("unusedLabel() numbers what is taken, and stays within 63 characters", () => {
  const taken = new Set<string>();
  const long = "a".repeat(63);
  expect([unusedLabel("a", taken), unusedLabel("a", taken), unusedLabel("a", taken)]).toEqual([
    "a",
    "a-2",
    "a-3",
  ]);
  unusedLabel(long, taken);
  expect(unusedLabel(long, taken)).toBe(`${"a".repeat(61)}-2`);
});

test("isQualifiedName() takes an optional DNS prefix and one name", () => {
  expect(
    ["app", "io.podman.annotations.init/web", "a/b/c", "-a", "Example.com/a", ""].map(isQualifiedName),
  ).toEqual([true, true, false, false, false, false]);
});
