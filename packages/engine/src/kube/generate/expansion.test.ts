import { expect, test } from "bun:test";
import fc from "fast-check";
import { expand } from "../plan/expand.ts";
import { escapeReferences } from "./expansion.ts";

test("escapeReferences() doubles the dollars that Kubernetes would read, and no other", () => {
  expect(escapeReferences("echo $(date) $HOME $$ 5$", [])).toBe("echo $$(date) $HOME $$$ 5$");
});

test("a reference to what only a start knows is kept", () => {
  expect(escapeReferences("$(IP) $(OTHER) $$(IP)", ["IP"])).toBe("$(IP) $$(OTHER) $$$(IP)");
});

test("what is escaped comes back as it was, whatever variables there are", () => {
  const text = fc.string({ unit: fc.constantFrom("$", "(", ")", "a", " ") });
  fc.assert(
    fc.property(text, (value) => {
      expect(expand(escapeReferences(value, []), () => "replaced")).toBe(value);
    }),
  );
});
