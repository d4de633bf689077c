import { expect, test } from "bun:test";
import { containerRecord, podRecord } from "../../testing/records.ts";
import { NOT_STARTED, viewWorld } from "../../testing/view-context.ts";
import { listContainers } from "./list.ts";
import type { ContainerNow } from "./view-context.ts";

const hex = (start: string): string => start.padEnd(64, "0");
const RUNNING: ContainerNow = { ...NOT_STARTED, status: "running", pid: 42, startedAt: 1_790_000_000_500 };
const EXITED: ContainerNow = { ...NOT_STARTED, status: "exited", exitCode: 137, startedAt: 5, exitedAt: 9 };
const ALL = { all: true, filters: {}, size: false, namespaces: false };

test("without --all only what runs is listed; a paused container is not", () => {
  using world = viewWorld();
  for (const [id, status] of [
    ["a", "running"],
    ["b", "paused"],
    ["c", "exited"],
  ] as const) {
    world.store.containers.add(containerRecord(hex(id), { name: id }), []);
    world.now.set(hex(id), { ...RUNNING, status });
  }
  const names = (options: Partial<typeof ALL>): string[] =>
    listContainers(world.ctx, { ...ALL, ...options }).map((row) => row.name);
  expect(names({ all: false })).toEqual(["a"]);
  expect(names({ all: true })).toEqual(["a", "b", "c"]);
  expect(names({ all: false, filters: { status: ["exited"] } })).toEqual(["c"]);
});

test("--last takes the newest of all states and keeps the order of creation", () => {
  using world = viewWorld();
  for (const [i, id] of ["a", "b", "c"].entries()) {
    world.store.containers.add(containerRecord(hex(id), { name: id, created: 1000 + i }), []);
  }
  expect(listContainers(world.ctx, { ...ALL, all: false, last: 2 }).map((row) => row.name)).toEqual([
    "b",
    "c",
  ]);
});

test("a container that is being made is hidden, one that is being removed says so", () => {
  using world = viewWorld();
  world.store.containers.add({ ...containerRecord(hex("a")), phase: "creating" }, []);
  world.store.containers.add({ ...containerRecord(hex("b")), phase: "removing" }, []);
  expect(listContainers(world.ctx, ALL).map((row) => [row.id, row.status])).toEqual([[hex("b"), "removing"]]);
});

test("the exit code counts only once the container has ended", () => {
  using world = viewWorld();
  world.store.containers.add(containerRecord(hex("a")), []);
  world.now.set(hex("a"), { ...RUNNING, exitCode: 9 });
  expect(listContainers(world.ctx, ALL)[0]).toMatchObject({ exited: false, exitCode: 0, pid: 42 });
  world.now.set(hex("a"), EXITED);
  expect(listContainers(world.ctx, ALL)[0]).toMatchObject({ exited: true, exitCode: 137, exitedAt: 9 });
});

test("a pod's members show its ports and no networks; its infra runs while the sandbox is up, without pid or image", () => {
  using world = viewWorld();
  const port = { hostIp: "", hostPort: 8080, containerPort: 80, length: 1, protocol: "tcp" } as const;
  const pod = podRecord(hex("f"), {
    name: "web",
    infraId: hex("1"),
    ports: [port],
    network: { kind: "bridge", attachments: [{ name: "podman" }] },
  });
  const infra = containerRecord(hex("1"), {
    infra: true,
    podId: hex("f"),
    image: { id: "", name: "", rawName: "", digest: "", volumes: [] },
  });
  const { network } = infra.config;
  world.store.pods.add(pod, infra);
  world.store.containers.add(
    containerRecord(hex("2"), { podId: hex("f"), network: { ...network, mode: { kind: "pod" } } }),
    [],
  );
  const rows = () => listContainers(world.ctx, ALL);
  expect(rows()[0]).toMatchObject({ isInfra: true, status: "configured", image: "", podName: "web" });
  world.store.pods.updateState(hex("f"), (state) => ({
    ...state,
    sandbox: { bootId: "b", startedAt: 7, interfaces: [], ports: [] },
  }));
  world.up.add(hex("f"));
  expect(rows()[0]).toMatchObject({
    status: "running",
    pid: 0,
    startedAt: 7,
    networks: ["podman"],
    ports: [port],
  });
  expect(rows()[1]).toMatchObject({ isInfra: false, podName: "web", networks: [], ports: [port] });
  world.up.clear();
  expect(rows()[0]).toMatchObject({ status: "exited", exitCode: 0 });
});

test("sizes and namespaces are filled when asked for", () => {
  using world = viewWorld();
  world.store.containers.add(containerRecord(hex("a")), []);
  world.now.set(hex("a"), RUNNING);
  expect(listContainers(world.ctx, ALL)[0]).not.toHaveProperty("size");
  const [row] = listContainers(world.ctx, { ...ALL, size: true, namespaces: true });
  expect(row?.size).toEqual({ rootFs: 0, rw: 12 });
  expect(row?.namespaces?.pidns).toBe("5");
});

test("the kernel is asked only about containers that the stored facts have not ruled out", () => {
  using world = viewWorld();
  for (let i = 0; i < 300; i++)
    world.store.containers.add(containerRecord(hex(i.toString(16).padStart(3, "0")), { name: `n${i}` }), []);
  listContainers(world.ctx, { ...ALL, all: false, filters: { name: ["^n7$"] } });
  expect(world.asked).toEqual(["status n7"]);
});
