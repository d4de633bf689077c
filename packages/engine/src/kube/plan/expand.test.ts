import { expect, test } from "bun:test";
import fc from "fast-check";
import { expand, references } from "./expand.ts";

const values = new Map([
  ["VAR_A", "A"],
  ["VAR_B", "B"],
  ["VAR_C", "C"],
  ["VAR_REF", "$(VAR_A)"],
  ["VAR_EMPTY", ""],
]);
const lookup = (name: string): string | undefined => values.get(name);

const CASES: readonly (readonly [string, string])[] = [
  ["$(VAR_A)", "A"],
  ["___$(VAR_B)___", "___B___"],
  ["$(VAR_A)-$(VAR_B)", "A-B"],
  ["foo$(VAR_EMPTY)bar", "foobar"],
  // What a value holds is not looked at again.
  ["$(VAR_REF)", "$(VAR_A)"],
  ["%%$(VAR_REF)--$(VAR_REF)%%", "%%$(VAR_A)--$(VAR_A)%%"],
  ["$$(VAR_A)", "$(VAR_A)"],
  ["$$$(VAR_A)", "$A"],
  ["$$$$(VAR_A)", "$$(VAR_A)"],
  ["$$$$$(VAR_A)", "$$A"],
  ["f000-$$VAR_A", "f000-$VAR_A"],
  ["$VAR_A", "$VAR_A"],
  ["$(UNKNOWN)", "$(UNKNOWN)"],
  ["$(VAR_A", "$(VAR_A"],
  ["$(", "$("],
  ["$()", "$()"],
  ["$", "$"],
  ["$$", "$"],
  ["a$", "a$"],
  ["\\$(VAR_A)", "\\A"],
  ["$(VAR_A)$(", "A$("],
  ["$(foo$(VAR_A)", "$(foo$(VAR_A)"],
  ["", ""],
];

test("expand() follows Kubernetes to the letter", () => {
  for (const [text, expected] of CASES) expect([text, expand(text, lookup)]).toEqual([text, expected]);
});

test("expand() leaves texts without a dollar, and takes back what doubling dollars did", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(expand(text.replaceAll("$", ""), lookup)).toBe(text.replaceAll("$", ""));
      expect(expand(text.replaceAll("$", "$$$$"), lookup)).toBe(text);
    }),
  );
});

test("expand() asks for exactly the names in parentheses", () => {
  const part = fc.oneof(
    fc.constantFrom("$(VAR_A)", "$(VAR_B)", "$$", "text", "$x"),
    fc.string({ unit: fc.constantFrom("a", "(", ")", " ") }),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const text = parts.join("");
      const asked = references(text);
      expect(expand(text, () => undefined).includes("\0")).toBe(false);
      for (const name of asked) expect(name.includes(")")).toBe(false);
    }),
  );
});
