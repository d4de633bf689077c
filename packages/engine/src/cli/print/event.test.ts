import { expect, test } from "bun:test";
import type { EngineEvent } from "@podwright/spec/engine-api/events";
import { eventFields, eventLineText } from "./event.ts";
import { toGoJson } from "./json.ts";

const ID = "7df7b1a1b4d6372adc10a9fcb93d24d1009bf3bca554dad7dbf919bb0c412542";
const event: EngineEvent = {
  seconds: 1_649_237_202,
  nanoseconds: 723_000_000,
  type: "container",
  status: "died",
  id: ID,
  name: "web",
  image: "nginx",
  exitCode: 0,
  attributes: { colour: "red" },
};

const line = (change: Partial<EngineEvent>, full = true): string =>
  eventLineText({ ...event, ...change }, full).replace(/^\S+ \S+ \S+ \S+ /, "");

test("the time is Go's, without zeros at the end of its fraction", () => {
  expect(eventLineText(event, true)).toMatch(/^2022-04-0\d \d\d:\d\d:42\.723 [+-]\d{4} \S+ container died /);
  expect(eventLineText({ ...event, nanoseconds: 0 }, true)).toMatch(/:42 [+-]/);
  expect(eventLineText({ ...event, nanoseconds: 42 }, true)).toMatch(/:42\.000000042 [+-]/);
});

test("a line per type, as Podman words it", () => {
  expect(line({})).toBe(`container died ${ID} (image=nginx, name=web, colour=red)`);
  expect(line({ podId: "p" }, false)).toBe(
    "container died 7df7b1a1b4d6 (image=nginx, name=web, pod_id=p, colour=red)",
  );
  expect(line({ status: "health_status", healthStatus: "healthy", attributes: {} })).toContain(
    "name=web, health_status=healthy, health_failing_streak=0, health_log=)",
  );
  const bare = { name: "", attributes: {} };
  expect(line({ ...bare, type: "system", status: "refresh" })).toBe("system refresh");
  expect(line({ ...bare, type: "volume", status: "create", name: "v" })).toBe("volume create v");
  expect(line({ ...bare, type: "image", status: "pull-error", id: "", name: "x", error: "no" })).toBe(
    "image pull-error  x no",
  );
  const network = { ...bare, type: "network", network: "net", id: "f".repeat(64) } as const;
  expect(line({ ...network, status: "create", attributes: { driver: "bridge" } }, false)).toBe(
    `network create ${network.id} (name=net, type=bridge)`,
  );
  expect(line({ ...network, status: "connect", name: "web" }, false)).toBe(
    "network connect ffffffffffff (container=ffffffffffff, name=net)",
  );
});

test("JSON has Podman's keys in Podman's order, and nanoseconds that no double holds", () => {
  expect(toGoJson(eventFields({ ...event, nanoseconds: 123_456_789 }))).toBe(
    `{"ContainerExitCode":0,"ID":"${ID}","Image":"nginx","Name":"web","Status":"died","time":1649237202,` +
      `"timeNano":1649237202123456789,"Type":"container","Attributes":{"colour":"red"}}`,
  );
});
