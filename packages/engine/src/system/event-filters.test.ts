import { expect, test } from "bun:test";
import type { EngineEvent } from "@podwright/spec/engine-api/events";
import { compileEventFilters } from "./event-filters.ts";
import { eventsApi } from "./events.ts";

const at = { seconds: 1000, nanoseconds: 500_000_000 };
const died: EngineEvent = {
  ...at,
  type: "container",
  status: "died",
  id: "abc123",
  name: "web",
  attributes: { colour: "red", "a=b": "" },
};
const pod: EngineEvent = { ...at, type: "pod", status: "stop", id: "abc999", name: "web", attributes: {} };
const volume: EngineEvent = { ...at, type: "volume", status: "create", id: "", name: "data", attributes: {} };
const network: EngineEvent = { ...volume, type: "network", id: "fff", name: "", network: "net" };

function chosen(filters: Readonly<Record<string, readonly string[]>>): string[] {
  return [died, pod, volume, network].filter(compileEventFilters(filters)).map(({ type }) => type);
}

test("names, beginnings of ids, and the kind of object that the key says", () => {
  expect(chosen({ container: ["web"] })).toEqual(["container"]);
  expect(chosen({ container: ["abc"] })).toEqual(["container"]);
  expect(chosen({ pod: ["abc"] })).toEqual(["pod"]);
  expect(chosen({ volume: ["da"] })).toEqual(["volume"]);
  expect(chosen({ network: ["net"] })).toEqual(["network"]);
  expect(chosen({ container: ["we"] })).toEqual([]);
});

test("values of a key are alternatives; keys must agree", () => {
  expect(chosen({ type: ["pod", "volume"] })).toEqual(["pod", "volume"]);
  expect(chosen({ type: ["pod", "container"], event: ["die"] })).toEqual(["container"]);
  expect(chosen({})).toHaveLength(4);
});

test("labels with a value or without", () => {
  expect(chosen({ label: ["colour=red"] })).toEqual(["container"]);
  expect(chosen({ label: ["colour"] })).toEqual(["container"]);
  expect(chosen({ label: ["colour=blue"] })).toEqual([]);
  expect(chosen({ label: ["toString"] })).toEqual([]);
});

test("an unknown key is refused by name, in Podman's words", () => {
  expect(() => compileEventFilters({ colour: ["red"] })).toThrow(
    "failed to parse event filters: colour is an invalid filter",
  );
});

test("--since and --until leave out what lies on them, to the nanosecond's rest", async () => {
  const reader = {
    read: async function* read() {
      yield died;
    },
  };
  const api = eventsApi({ reader, clock: { now: () => 2_000_000 } });
  const count = async (times: { since?: number; until?: number }): Promise<number> =>
    (await Array.fromAsync(api.read({ filters: {}, stream: false, ...times }))).length;
  expect(await count({ since: 1_000_499 })).toBe(1);
  expect(await count({ since: 1_000_500 })).toBe(0);
  expect(await count({ until: 1_000_501 })).toBe(1);
  expect(await count({ until: 1_000_500 })).toBe(0);
});

test("where none are kept, none can be read", async () => {
  const api = eventsApi({ reader: undefined, clock: { now: () => 0 } });
  const all = Array.fromAsync(api.read({ filters: {}, stream: false }));
  await expect(all).rejects.toThrow('cannot read events with the "none" backend');
});
