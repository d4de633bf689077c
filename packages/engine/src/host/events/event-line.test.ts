import { expect, test } from "bun:test";
import type { NewEvent } from "@podwright/spec/engine-api/events";
import fc from "fast-check";
import { eventLine } from "./event-line.ts";
import { nanosecondsNow } from "./nanosecond-clock.ts";
import { readEventLine } from "./read-line.ts";

const BASE: NewEvent = {
  type: "container",
  status: "died",
  id: "c".repeat(64),
  name: "web",
  image: "docker.io/library/nginx:latest",
  podId: "d".repeat(64),
  exitCode: 137,
  attributes: { b: "2", a: "1" },
};

test("eventLine() has Podman's keys, in Podman's order, and all nanoseconds", () => {
  expect(eventLine(BASE, 1_649_237_202_000_000_042n)).toBe(
    `{"ContainerExitCode":137,"ID":"${BASE.id}","Image":"docker.io/library/nginx:latest","Name":"web","Status":"died",` +
      `"Time":"2022-04-06T09:26:42.000000042Z","Type":"container","PodID":"${BASE.podId}","Attributes":{"a":"1","b":"2"}}`,
  );
});

test("eventLine() tells of an exit with 0, and of a pod without labels as Podman does", () => {
  expect(eventLine({ ...BASE, exitCode: 0 }, 0n)).toContain('"ContainerExitCode":0');
  expect(eventLine({ type: "pod", status: "stop", id: "a", name: "p", attributes: {} }, 0n)).toEndWith(
    '"Type":"pod","Attributes":null}',
  );
});

test("readEventLine() takes what a Podman of another time zone has written", () => {
  const line = `{"Name":"busybox","Status":"pull","Time":"2022-04-06T11:26:42.72366799+02:00","Type":"image","Attributes":null}`;
  expect(readEventLine(line)).toEqual({
    type: "image",
    status: "pull",
    id: "",
    name: "busybox",
    seconds: 1_649_237_202,
    nanoseconds: 723_667_990,
    attributes: {},
  });
});

test("readEventLine() passes over what is torn or of something else", () => {
  const whole = eventLine(BASE, 1n);
  for (let length = 0; length < whole.length; length++) {
    expect(readEventLine(whole.slice(0, length))).toBeUndefined();
  }
  for (const line of [
    "null",
    "[]",
    "7",
    '{"Type":"machine","Status":"init","Time":"2022-04-06T11:26:42Z"}',
  ]) {
    expect(readEventLine(line)).toBeUndefined();
  }
});

test("what was written is what is read", () => {
  const text = fc.string({ minLength: 1, unit: "binary" });
  const event = fc.record(
    {
      type: fc.constantFrom("container" as const, "pod" as const, "secret" as const),
      status: fc.constantFrom("create" as const, "health_status" as const),
      id: fc.string(),
      name: fc.string(),
      image: text,
      podId: text,
      network: text,
      exitCode: fc.integer(),
      oomKilled: fc.constant(true),
      healthStatus: text,
      healthFailingStreak: fc.integer({ min: 1 }),
      healthLog: text,
      inspectData: text,
      error: text,
      attributes: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
    },
    { requiredKeys: ["type", "status", "id", "name", "attributes"] },
  );
  fc.assert(
    fc.property(event, fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }), (written, at) => {
      const line = eventLine(written, at);
      expect(line).not.toContain("\n");
      expect(readEventLine(line)).toEqual({
        ...written,
        attributes: { ...written.attributes },
        seconds: Number(at / 1_000_000_000n),
        nanoseconds: Number(at % 1_000_000_000n),
      });
    }),
    { numRuns: 25 },
  );
});

test("nanosecondsNow() never gives a time twice, and stays with the clock", () => {
  const before = Date.now();
  const times = Array.from({ length: 10_000 }, nanosecondsNow);
  const after = Date.now();
  expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? time))).toBe(true);
  expect(Number((times.at(-1) ?? 0n) / 1_000_000n)).toBeWithin(before - 1, after + 10);
});
