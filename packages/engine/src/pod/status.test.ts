import type { ContainerStatus } from "@podwright/spec/engine-api/containers";
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { podStatus } from "./status.ts";

const ALL: ContainerStatus[] = [
  "configured",
  "created",
  "running",
  "paused",
  "stopping",
  "stopped",
  "exited",
  "removing",
  "unknown",
];

test.each<[ContainerStatus[], string]>([
  [[], "Created"],
  [["configured"], "Created"],
  [["configured", "created"], "Created"],
  [["running", "running"], "Running"],
  [["running", "exited"], "Degraded"],
  [["running", "configured"], "Degraded"],
  [["paused", "paused"], "Paused"],
  [["paused", "configured"], "Created"],
  [["exited", "stopped"], "Exited"],
  [["exited", "configured"], "Stopped"],
  [["exited", "paused"], "Stopped"],
  [["removing"], "Error"],
  [["stopping", "configured"], "Error"],
  [["unknown", "paused"], "Error"],
])("podStatus(%p) is %s", (containers, expected) => {
  expect(podStatus(containers)).toBe(expected as ReturnType<typeof podStatus>);
});

const some = fc.array(fc.constantFrom(...ALL), { maxLength: 6 });

test("the order of containers does not matter", () => {
  fc.assert(fc.property(some, (list) => expect(podStatus(list.toReversed())).toBe(podStatus(list))));
});

test("Running means all run, Degraded some, Exited all have ended", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ALL), { minLength: 1, maxLength: 6 }), (list) => {
      const status = podStatus(list);
      const running = list.filter((s) => s === "running").length;
      expect(status === "Running").toBe(running === list.length);
      expect(status === "Degraded").toBe(running > 0 && running < list.length);
      expect(status === "Exited").toBe(list.every((s) => s === "exited" || s === "stopped"));
    }),
  );
});
