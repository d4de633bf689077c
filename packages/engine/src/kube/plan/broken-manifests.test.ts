import { describe, expect, test } from "bun:test";
import { BROKEN_MANIFESTS, type BrokenManifest } from "../../../testing/broken-manifests.ts";
import { emptyFacts, PLAY_REQUEST } from "../../../testing/kube-plan.ts";
import { readManifests } from "../read/read-manifests.ts";
import { planPlay } from "./plan-play.ts";

describe("planPlay() of what is broken", () => {
  for (const broken of BROKEN_MANIFESTS.filter(({ stage }) => stage === "plan")) {
    test(broken.name, () => {
      expect(plannedErrors(broken)).toEqual([...broken.errors]);
    });
  }

  test("adds nothing to what reading says of the others", () => {
    for (const broken of BROKEN_MANIFESTS.filter(
      ({ stage, yaml }) => stage !== "plan" && yaml.includes("kind"),
    ))
      expect([broken.name, ...plannedErrors(broken)]).toEqual([broken.name]);
  });
});

function plannedErrors({ yaml, before = [] }: BrokenManifest): readonly BrokenManifest["errors"][number][] {
  const sources = [{ name: "$SOURCE", text: yaml }];
  const manifest = readManifests(sources, { validate: "strict" });
  const taken = before.flatMap((command) => /^pod create --name (\S+)$/.exec(command)?.[1] ?? []);
  const facts = { ...emptyFacts(), podExists: (name: string): boolean => taken.includes(name) };
  return planPlay(manifest, [], { ...PLAY_REQUEST, sources }, facts)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ line, column, path, message, hint }) => ({
      at: `${line}:${column}`,
      path,
      message,
      ...(hint === undefined ? {} : { hint }),
    }));
}
