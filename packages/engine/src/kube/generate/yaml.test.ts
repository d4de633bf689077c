import { expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "yaml";
import { toYaml } from "./yaml.ts";

test("toYaml() writes keys in order, lists at their key's depth, and no member that is undefined", () => {
  const text = toYaml({ b: [{ z: 1, a: "x" }, ["w"]], a: {}, c: [], d: undefined, e: { f: true } });
  expect(text).toBe("a: {}\nb:\n- a: x\n  z: 1\n- - w\nc: []\ne:\n  f: true\n");
});

test("toYaml() writes scripts as they stand, and quotes what a reader could take for something else", () => {
  const text = toYaml({
    a: "#!/bin/sh\nexec true\n",
    b: "yes",
    c: "8080",
    d: "a: b",
    e: "",
    f: "512Mi",
    g: "no\nend",
  });
  expect(text).toBe(
    'a: |\n  #!/bin/sh\n  exec true\nb: "yes"\nc: "8080"\nd: "a: b"\ne: ""\nf: 512Mi\ng: |-\n  no\n  end\n',
  );
});

const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom(
      "a",
      "Z",
      "1",
      "0",
      "-",
      ":",
      " ",
      "\n",
      "#",
      "'",
      '"',
      "$",
      "(",
      ".",
      "e",
      "_",
      "~",
      "%",
      "&",
      "*",
      "!",
      "|",
      ">",
      "{",
      "[",
      "?",
      "\t",
      "é",
      "\u0085",
      "\u2028",
    ),
  }),
  fc.constantFrom(
    "y",
    "NO",
    "On",
    "null",
    "~",
    "1e3",
    "0x1f",
    "017",
    "12:30:45",
    "2026-01-01",
    ".inf",
    "=",
    "<<",
    "---",
    "...",
    "1_000",
    "+1",
  ),
);
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    texts,
    fc.boolean(),
    fc.integer(),
    fc.constant(null),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }),
  map: fc.dictionary(texts, tie("value"), { maxKeys: 4 }),
})).map as fc.Arbitrary<unknown>;

test("whatever toYaml() writes, readers of YAML 1.1 and 1.2 read the same", () => {
  fc.assert(
    fc.property(data, (value) => {
      const text = toYaml(value);
      const wanted: unknown = JSON.parse(JSON.stringify(value));
      expect(parse(text, { version: "1.2", merge: false })).toEqual(wanted);
      expect(parse(text, { version: "1.1", merge: false })).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});
