/** Names of clones. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { cloneName } from "./clone-name.ts";

test("the first, its own, and one beside it", () => {
  const names = new Set(["web"]);
  const next = (of: string): string => {
    const name = cloneName(of, (other) => names.has(other));
    names.add(name);
    return name;
  };
  expect(next("web")).toBe("web-clone");
  expect(next("web-clone")).toBe("web-clone1");
  expect(next("web-clone1")).toBe("web-clone2");
  expect(next("web")).toBe("web-clone3");
});

test("is never a name that is taken", () => {
  const name = fc.constantFrom("a", "a-clone", "a-clone1", "a-clone2", "a-clone-clone", "a-clonex", "-clone");
  fc.assert(
    fc.property(name, fc.uniqueArray(name), (of, others) => {
      const names = new Set<string>([of, ...others]);
      expect(names.has(cloneName(of, (other) => names.has(other)))).toBe(false);
    }),
  );
});
