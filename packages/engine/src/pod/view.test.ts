import { expect, test } from "bun:test";
import { containerRecord, podRecord } from "../../testing/records.ts";
import { NOT_STARTED, viewWorld } from "../../testing/view-context.ts";
import { inspectPod } from "./inspect.ts";
import { listPods } from "./list.ts";

const hex = (start: string): string => start.padEnd(64, "0");

function world() {
  const made = viewWorld();
  const pod = podRecord(hex("f"), {
    name: "webstack",
    created: 1000,
    infraId: hex("9"),
    labels: { x: "y" },
    ports: [{ hostIp: "", hostPort: 8081, containerPort: 80, length: 1, protocol: "tcp" }],
    network: { kind: "bridge", attachments: [{ name: "podman" }] },
    dns: { servers: ["1.1.1.1"] },
    limits: { cpuQuota: 5, memory: 64 },
  });
  made.store.pods.add(pod, containerRecord(hex("9"), { name: "infra", infra: true, podId: hex("f") }));
  made.store.containers.add(containerRecord(hex("1"), { name: "front", podId: hex("f") }), []);
  made.store.pods.add(podRecord(hex("e"), { name: "bare", created: 2000 }), undefined);
  return made;
}

test("inspectPod() has Podman's keys in Podman's order, then ours", () => {
  using w = world();
  const json = inspectPod(w.ctx, "webstack");
  expect(Object.keys(json).join(" ")).toBe(
    "Id Name Created CreateCommand ExitPolicy State Hostname Labels CreateCgroup CgroupParent CgroupPath CreateInfra InfraContainerID InfraConfig SharedNamespaces NumContainers Containers cpu_quota memory_limit LockNumber Ready",
  );
  expect(Object.keys(json.InfraConfig ?? {}).join(" ")).toBe(
    "PortBindings HostNetwork StaticIP StaticMAC NoManageResolvConf DNSServer DNSSearch DNSOption NoManageHostname NoManageHosts HostAdd HostsFile Networks NetworkOptions cpu_quota pid_ns userns uts_ns",
  );
  expect(json).toMatchObject({
    State: "Created",
    SharedNamespaces: ["ipc", "net", "uts"],
    NumContainers: 2,
    Containers: [
      { Id: hex("1"), Name: "front", State: "created" },
      { Id: hex("9"), Name: "infra", State: "created" },
    ],
    InfraConfig: {
      PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8081" }] },
      DNSServer: ["1.1.1.1"],
      DNSSearch: null,
      Networks: ["podman"],
    },
  });
});

test("a pod without infra says so and shares nothing", () => {
  using w = world();
  const json = inspectPod(w.ctx, hex("e"));
  expect(json).toMatchObject({ CreateInfra: false, NumContainers: 0, State: "Created" });
  for (const key of ["InfraConfig", "InfraContainerID", "SharedNamespaces", "Containers"]) {
    expect(json).not.toHaveProperty(key);
  }
  expect(() => inspectPod(w.ctx, "nope")).toThrow("no such pod nope");
});

test("a pod runs with its sandbox and its members", () => {
  using w = world();
  const status = () => listPods(w.ctx, { name: ["webstack"] })[0]?.status;
  expect(status()).toBe("Created");
  w.store.pods.updateState(hex("f"), () => ({
    stoppedAt: 0,
    sandbox: { bootId: "b", startedAt: 1, interfaces: [], ports: [] },
  }));
  w.up.add(hex("f"));
  expect(status()).toBe("Degraded");
  w.now.set(hex("1"), { ...NOT_STARTED, status: "running", pid: 3 });
  expect(status()).toBe("Running");
  w.up.clear();
  w.now.set(hex("1"), { ...NOT_STARTED, status: "exited" });
  expect(status()).toBe("Exited");
});

test.each<[string, string[], string[]]>([
  ["name", ["^web"], ["webstack"]],
  ["id", ["e"], ["bare"]],
  ["label", ["x=y"], ["webstack"]],
  ["label!", ["x"], ["bare"]],
  ["status", ["created"], ["webstack", "bare"]],
  ["status", ["running", "dead"], []],
  ["ctr-names", ["fro"], ["webstack"]],
  ["ctr-ids", [hex("1")], ["webstack"]],
  ["ctr-number", ["0", "5"], ["bare"]],
  ["ctr-number", ["2"], ["webstack"]],
  ["ctr-status", ["created"], ["webstack"]],
  ["network", ["nope"], []],
  ["until", ["1.5"], ["webstack"]],
])("pod ps --filter %s=%p gives %p", (key, values, expected) => {
  using w = world();
  expect(listPods(w.ctx, { [key]: values }).map((pod) => pod.name)).toEqual(expected);
});

test.each<[string, string, string]>([
  ["foo", "x", "foo is an invalid filter"],
  ["status", "odd", "odd is not a valid pod status"],
  ["ctr-status", "odd", "odd is not a valid status"],
])("pod ps --filter %s=%s is refused", (key, value, message) => {
  using w = world();
  expect(() => listPods(w.ctx, { [key]: [value] })).toThrow(message);
});
