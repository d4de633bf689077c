import { expect, test } from "bun:test";
import { needsNamespaces } from "./quick-join.ts";

test.each([
  ["ps", true],
  ["run -it alpine sh", true],
  ["--root /store ps", true],
  ["", false],
  ["help run", false],
  ["version", false],
  ["run --help", false],
  // Decided where the engine is made: the words may be a container's.
  ["run alpine ls --help", false],
  ["run alpine mount", false],
  ["mount", false],
])("podwright %s enters before the line is read: %p", (line, enters) => {
  const words = line.split(" ").filter((word) => word !== "");
  expect(needsNamespaces(["podwright", ...words])).toBe(enters);
});
