import { expect, test } from "bun:test";
import { BROKEN_MANIFESTS } from "../../../testing/broken-manifests.ts";
import { planYaml } from "../../../testing/kube-plan.ts";

test("planPlay() takes whatever reading leaves, and tells nothing where an error was told", () => {
  for (const { name, yaml } of BROKEN_MANIFESTS) {
    const { told, diagnostics } = planYaml(yaml);
    const planned = diagnostics.map(({ line, column }) => `${line}:${column}`);
    const errors = told.slice(0, told.length - diagnostics.length).filter((line) => / error: /.test(line));
    const places = errors.map((line) => line.split(" ", 1)[0] ?? "");
    expect([name, planned.filter((place) => places.includes(place))]).toEqual([name, []]);
  }
});
