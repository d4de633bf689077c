import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { containerRecord, podRecord } from "../../testing/records.ts";
import type { ImageRecord } from "../ports/image-record.ts";
import { SqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(`${tmpdir()}/state-`);
afterAll(() => rmSync(root, { recursive: true }));
let number = 0;
const fresh = (): SqliteStore => SqliteStore.open(`${root}/${++number}`);
const hex = (start: string): string => start.padEnd(64, "0");

test("a container is found by name, id and unique prefix; a name wins over a prefix", () => {
  const { containers } = fresh();
  containers.add(containerRecord(hex("aa1"), { name: "web" }), []);
  containers.add(containerRecord(hex("aa2"), { name: "aa1" }), []);
  expect(containers.find("web").config.id).toBe(hex("aa1"));
  expect(containers.find("aa1").config.id).toBe(hex("aa2"));
  expect(containers.find("aa10").config.id).toBe(hex("aa1"));
  expect(containers.find(hex("aa2")).config.name).toBe("aa1");
  expect(() => containers.find("aa")).toThrow("more than one result");
  expect(() => containers.find("nope")).toThrow(
    'no container with name or ID "nope" found: no such container',
  );
});

test("a taken name is refused with the id of its holder, and nothing of the second is kept", () => {
  const { containers } = fresh();
  containers.add(containerRecord(hex("a"), { name: "web" }), ["data"]);
  expect(() => containers.add(containerRecord(hex("b"), { name: "web" }), ["data"])).toThrow(
    `the container name "web" is already in use by ${hex("a")}`,
  );
  expect(containers.usingVolume("data")).toEqual([hex("a")]);
  expect(() => containers.rename(hex("a"), "web")).toThrow("already in use");
});

test("dependencies and volumes go with their container; creating ones are not listed", () => {
  const { containers } = fresh();
  containers.add(containerRecord(hex("a")), []);
  containers.add({ ...containerRecord(hex("b"), { dependencies: [hex("a")] }), phase: "creating" }, ["v"]);
  expect(containers.dependents(hex("a"))).toEqual([hex("b")]);
  expect(containers.list().map((c) => c.config.id)).toEqual([hex("a")]);
  expect(containers.unfinished().map((c) => c.id)).toEqual([hex("b")]);
  containers.remove(hex("b"));
  expect(containers.dependents(hex("a"))).toEqual([]);
  expect(containers.usingVolume("v")).toEqual([]);
});

test("updateState() changes what is there and gives undefined for what is gone", () => {
  const store = fresh();
  store.containers.add(containerRecord(hex("a")), []);
  store.containers.updateState(hex("a"), (state) => ({ ...state, restarts: state.restarts + 1 }));
  expect(store.containers.get(hex("a"))?.state.restarts).toBe(1);
  expect(store.containers.updateState(hex("f"), (state) => state)).toBeUndefined();
});

test("a failing transaction leaves nothing, also of nested ones", () => {
  const store = fresh();
  expect(() =>
    store.transaction(() => {
      store.containers.add(containerRecord(hex("a")), []);
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(store.containers.list()).toEqual([]);
});

test("a pod comes and goes with its infra record", () => {
  const store = fresh();
  const infra = containerRecord(hex("1"), { podId: hex("a"), infra: true });
  store.pods.add(podRecord(hex("a"), { infraId: hex("1"), name: "web" }), infra);
  expect(() => store.pods.add(podRecord(hex("b"), { name: "web" }), undefined)).toThrow(
    'adding pod to state: name "web" is in use: pod already exists',
  );
  expect(store.containers.list({ podId: hex("a") })).toHaveLength(1);
  store.pods.remove(hex("a"));
  expect(store.containers.get(hex("1"))).toBeUndefined();
  expect(() => store.pods.find("web")).toThrow("no pod with name or ID web found: no such pod");
});

const image = (id: string, names: string[], layers: string[]): ImageRecord => ({
  id,
  digest: `sha256:${id}`,
  manifestType: "m",
  config: { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } },
  layers,
  names,
  namesHistory: names,
  repoDigests: [],
  stored: 1,
  size: 1,
  annotations: {},
});

test("an image name moves to the image that takes it; unused layers alone are removed", () => {
  const { images } = fresh();
  for (const chainId of ["l1", "l2"]) {
    images.putLayer({
      chainId,
      diffId: chainId,
      parent: "",
      blobDigests: [`b-${chainId}`],
      size: 1,
      sink: "dir",
    });
  }
  images.put(image(hex("a"), ["x:latest"], ["l1"]));
  images.put(image(hex("b"), ["x:latest", "y:1"], ["l1", "l2"]));
  expect(images.get(hex("a"))?.names).toEqual([]);
  expect(images.byName("x:latest")?.id).toBe(hex("b"));
  expect(images.layersByBlob("b-l2").map((l) => l.chainId)).toEqual(["l2"]);
  images.remove(hex("b"));
  expect(images.removeUnusedLayers(["l1", "l2"])).toEqual(["l2"]);
  expect(images.layers().map((l) => l.chainId)).toEqual(["l1"]);
});

test("an image's names are listed newest first; their history begins with those it still has", () => {
  const { images } = fresh();
  const id = hex("c");
  images.put(image(id, ["first:1"], []));
  for (const name of ["second:1", "third:1"]) images.addName(id, name);
  expect(images.get(id)?.names).toEqual(["third:1", "second:1", "first:1"]);
  images.removeName(id, "second:1");
  expect(images.get(id)?.names).toEqual(["third:1", "first:1"]);
  expect(images.get(id)?.namesHistory).toEqual(["first:1", "third:1", "second:1"]);
});

test("leases are taken once, released by owner, and serials never repeat", () => {
  const { networks } = fresh();
  const wish = { network: "n", owner: "o", mac: "m", interfaceName: "eth0" };
  expect(networks.lease(wish, ["1", "2"])).toBe("1");
  expect(networks.lease({ ...wish, owner: "p" }, ["1", "2"])).toBe("2");
  expect(networks.lease({ ...wish, owner: "q" }, ["1", "2"])).toBeUndefined();
  networks.release("o");
  expect(networks.lease({ ...wish, owner: "q" }, ["1", "2"])).toBe("1");
  expect([networks.nextSerial("link"), networks.nextSerial("link")]).toEqual([1, 2]);
});

test("eight first commands at once open one store", async () => {
  const dir = `${root}/race`;
  const script = `import {SqliteStore} from "${import.meta.dir}/sqlite-store.ts"; const s = SqliteStore.open("${dir}"); s.networks.nextSerial('link'); s.close()`;
  const runs = Array.from({ length: 8 }, () => Bun.spawn([process.execPath, "-e", script]).exited);
  expect(await Promise.all(runs)).toEqual(Array.from({ length: 8 }, () => 0));
  expect(SqliteStore.open(dir).networks.nextSerial("link")).toBe(9);
});

test("a store of a newer engine is refused, and so is a damaged one", async () => {
  const dir = `${root}/newer`;
  SqliteStore.open(dir).close();
  const db = new Database(`${dir}/state.db`);
  db.run("PRAGMA user_version = 99");
  db.close();
  expect(() => SqliteStore.open(dir)).toThrow("written by a newer version");
  await Bun.write(
    `${root}/damaged/state.db`,
    "not a database at all, but long enough to be read as one".repeat(40),
  );
  expect(() => SqliteStore.open(`${root}/damaged`)).toThrow("cannot open state");
});

test("a job goes with the last of its pods, and not before", () => {
  const { jobs, pods } = fresh();
  const spec = { completions: 2, parallelism: 1, backoffLimit: 6, suspended: false };
  jobs.add({ id: "j", name: "seed", spec, state: { startedAt: 0, pods: {} } });
  for (const [index, id] of [hex("a"), hex("b")].entries()) {
    pods.add(podRecord(id, { name: `seed-pod-${index}`, job: { id: "j", index } }), undefined);
  }
  jobs.updateState("j", (state) => ({ ...state, startedAt: 7 }));
  pods.remove(hex("a"));
  jobs.removeUnused();
  expect(jobs.get("j")).toEqual({ id: "j", name: "seed", spec, state: { startedAt: 7, pods: {} } });
  pods.remove(hex("b"));
  jobs.removeUnused();
  expect(jobs.list()).toEqual([]);
});

test("who leaves without closing loses nothing, and writes out what must last", async () => {
  const run = async (work: string, dir: string): Promise<number> => {
    const script = `import {SqliteStore} from "${import.meta.dir}/sqlite-store.ts";
      import {leaveAtOnce} from "${import.meta.dir}/../host/sys/leave.ts";
      const s = SqliteStore.open("${dir}"); ${work}; leaveAtOnce(7)`;
    return Bun.spawn([process.execPath, "-e", script]).exited;
  };
  const sizeOf = (dir: string): number => Bun.file(`${dir}/state.db`).size;

  const dir = `${root}/left`;
  expect(await run("s.networks.nextSerial('link')", dir)).toBe(7);
  const before = sizeOf(dir);
  const volume = `s.volumes.add({name: "v"})`;
  expect(await run(volume, dir)).toBe(7);
  expect(sizeOf(dir)).toBeGreaterThan(before);
  const store = SqliteStore.open(dir);
  expect(store.volumes.get("v")?.name).toBe("v");
  expect(store.networks.nextSerial("link")).toBe(2);
  store.close();
});
