import { expect, test } from "bun:test";
import { containerRecord, podRecord } from "../../testing/records.ts";
import { NOT_STARTED, viewWorld } from "../../testing/view-context.ts";
import { listContainers } from "./list.ts";

const hex = (start: string): string => start.padEnd(64, "0");

function world() {
  const made = viewWorld();
  const { store, now } = made;
  const base = containerRecord(hex("a")).config;
  store.networks.add({
    name: "blue",
    id: hex("9"),
    driver: "bridge",
    interfaceName: "",
    created: 1,
    subnets: [],
    ipv6: false,
    internal: false,
    dns: true,
    dnsServers: [],
    labels: {},
    options: {},
    ipamDriver: "host-local",
  });
  store.pods.add(podRecord(hex("f"), { name: "web" }), undefined);
  store.containers.add(
    containerRecord(hex("a1"), {
      name: "front",
      created: 1000,
      podId: hex("f"),
      labels: { tier: "web", "com.example/x": "1" },
      annotations: { note: "y" },
      process: { ...base.process, command: ["nginx", "-g", "daemon off;"] },
      network: { ...base.network, mode: { kind: "bridge", attachments: [{ name: "blue" }] } },
    }),
    [],
  );
  store.containers.add(
    containerRecord(hex("b2"), {
      name: "back",
      created: 2000,
      labels: { tier: "db" },
      image: { ...base.image, id: hex("c"), name: "localhost:5000/redis:7" },
      mounts: [
        { kind: "volume", source: "data", destination: "/data", options: [], subPath: "", anonymous: false },
        { kind: "bind", source: "/srv", destination: "/www", options: [], subPath: "", anonymous: false },
      ],
      network: { ...base.network, mode: { kind: "container", container: hex("a1") } },
    }),
    [],
  );
  now.set(hex("a1"), { ...NOT_STARTED, status: "running", pid: 5, health: "healthy" });
  now.set(hex("b2"), { ...NOT_STARTED, status: "stopped", exitCode: 3 });
  const list = (filters: Record<string, string[]>): string[] =>
    listContainers(made.ctx, { all: true, filters, size: false, namespaces: false }).map((row) => row.name);
  return { list, [Symbol.dispose]: () => made[Symbol.dispose]() };
}

test.each<[string, string[], string[]]>([
  ["id", ["a1"], ["front"]],
  ["id", ["^(a|b)"], ["front", "back"]],
  ["name", ["^fro"], ["front"]],
  ["name", ["/back", "front"], ["front", "back"]],
  ["label", ["tier"], ["front", "back"]],
  ["label", ["tier=web", "com.example/*"], ["front"]],
  ["label", ["tier=web", "none"], []],
  ["label!", ["tier=web"], ["back"]],
  ["annotation", ["note=y"], ["front"]],
  ["annotation!", ["note"], ["back"]],
  ["status", ["running"], ["front"]],
  ["status", ["exited"], ["back"]],
  ["status", ["stopped", "running"], ["front", "back"]],
  ["exited", ["3"], ["back"]],
  ["exited", ["0"], []],
  ["ancestor", ["redis"], ["back"]],
  ["ancestor", ["^localhost:5000/redis$"], []],
  ["ancestor", ["library/nginx$"], ["front"]],
  ["ancestor", [hex("c")], ["back"]],
  ["before", ["back"], ["front"]],
  ["since", ["front"], ["back"]],
  ["volume", ["data"], ["back"]],
  ["volume", ["/www"], ["back"]],
  ["volume", ["/srv:/www"], ["back"]],
  ["volume", ["/srv:/other"], []],
  ["health", ["healthy"], ["front"]],
  ["pod", ["web"], ["front"]],
  ["pod", ["nope", "f"], ["front"]],
  ["network", ["blue"], ["front"]],
  ["network", ["999"], []],
  ["network", ["container:front"], ["back"]],
  ["restart-policy", ["no"], ["front", "back"]],
  ["restart-policy", ["always"], []],
  ["until", ["1s"], ["front", "back"]],
  ["until", ["1.5"], ["front"]],
  ["command", ["nginx"], ["front", "back"]],
])("ps --filter %s=%p gives %p", (key, values, expected) => {
  using w = world();
  expect(w.list({ [key]: values })).toEqual(expected);
});

test("values of one key are alternatives, keys must all hold", () => {
  using w = world();
  expect(w.list({ name: ["front", "back"], status: ["exited"] })).toEqual(["back"]);
});

test.each<[string, string[], string]>([
  ["foo", ["bar"], "foo is an invalid filter"],
  ["toString", ["bar"], "toString is an invalid filter"],
  ["status", ["odd"], "unknown container state: odd: invalid argument"],
  ["exited", ["x"], 'exited code out of range "x"'],
  ["before", ["nope"], 'no container with name or ID "nope" found: no such container'],
  ["restart-policy", ["fakepolicy"], "fakepolicy invalid restart policy"],
  ["restart-policy", ["a", "b"], "a, b invalid restart policies"],
  ["until", ["1h", "2h"], "specify exactly one timestamp for until"],
  ["until", ["soon"], 'failed to parse value as time or duration: "soon"'],
])("ps --filter %s=%p is refused: %s", (key, values, message) => {
  using w = world();
  expect(() => w.list({ [key]: values })).toThrow(message);
});
