import { describe, expect, test } from "bun:test";
import { BROKEN_MANIFESTS } from "../../../testing/broken-manifests.ts";
import { planYaml } from "../../../testing/kube-plan.ts";

describe("planPlay() of manifests that read well and cannot be played", () => {
  for (const { name, yaml, errors, stage, before } of BROKEN_MANIFESTS) {
    if (stage !== "plan") continue;
    test(name, () => {
      const facts = before === undefined ? {} : { podExists: () => true };
      const { diagnostics } = planYaml(yaml, { facts });
      const found = diagnostics.filter(({ severity }) => severity === "error");
      expect(
        found.map(({ line, column, path, message, hint }) => ({
          at: `${line}:${column}`,
          path,
          message,
          ...(hint === undefined ? {} : { hint }),
        })),
      ).toEqual([...errors]);
    });
  }
});

test("planPlay() takes whatever reading leaves, and tells nothing where an error was told", () => {
  for (const { name, yaml } of BROKEN_MANIFESTS) {
    const { told, diagnostics } = planYaml(yaml);
    const planned = diagnostics.map(({ line, column }) => `${line}:${column}`);
    const errors = told.slice(0, told.length - diagnostics.length).filter((line) => / error: /.test(line));
    const places = errors.map((line) => line.split(" ", 1)[0] ?? "");
    expect([name, planned.filter((place) => places.includes(place))]).toEqual([name, []]);
  }
});
