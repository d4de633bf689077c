import { describe, expect, test } from "bun:test";
import type { Diagnostic } from "@podwright/spec/engine-api/kube";
import { BROKEN_MANIFESTS, type Expected } from "../../../testing/broken-manifests.ts";
import { readManifests } from "./read-manifests.ts";

const SOURCE = "broken.yaml";

describe("readManifests() of what is broken", () => {
  for (const { name, yaml, errors, warnings = [], stage } of BROKEN_MANIFESTS) {
    test(name, () => {
      const { diagnostics } = readManifests([{ name: SOURCE, text: yaml }], { validate: "strict" });
      const found = (severity: Diagnostic["severity"]): readonly Expected[] =>
        diagnostics.filter((one) => one.severity === severity).map(expected);
      expect(found("error")).toEqual(stage === "plan" ? [] : [...errors]);
      expect(found("warning")).toEqual([...warnings]);
    });
  }

  test("has at least 45 of them, with an excerpt each", () => {
    const read = BROKEN_MANIFESTS.filter(({ stage }) => stage === undefined);
    expect(read.length).toBeGreaterThanOrEqual(45);
    for (const { yaml } of read) {
      const { diagnostics } = readManifests([{ name: SOURCE, text: yaml }], { validate: "strict" });
      for (const { line, excerpt } of diagnostics) expect(excerpt).toBe(yaml.split("\n")[line - 1] ?? "");
    }
  });
});

function expected({ line, column, path, message, hint }: Diagnostic): Expected {
  return {
    at: `${line}:${column}`,
    path,
    message,
    ...(hint === undefined ? {} : { hint: hint.replace(SOURCE, "$SOURCE") }),
  };
}
