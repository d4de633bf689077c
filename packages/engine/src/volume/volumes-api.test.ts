import { createLog } from "../base/log.ts";
import { KernelTrees } from "../host/layers/copy/open-trees.ts";
import { RecordedEvents } from "../../testing/quiet.ts";
import { afterAll, expect, test } from "bun:test";
import type { VolumesApi } from "@podwright/spec/engine-api/volumes";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { containerRecord } from "../../testing/records.ts";
import { FlockLocks } from "../host/lock/flock-locks.ts";
import { SqliteStore } from "../state/sqlite-store.ts";
import type { VolumeContext } from "./context.ts";
import { addVolume, furnishVolume } from "./create.ts";
import { volumesApi } from "./volumes-api.ts";

const base = mkdtempSync(`${tmpdir()}/volumes-`);
afterAll(() => rmSync(base, { recursive: true }));
let number = 0;

function fresh(): { api: VolumesApi; ctx: VolumeContext; removed: string[] } {
  const root = `${base}/${++number}`;
  const store = SqliteStore.open(root);
  const removed: string[] = [];
  let id = 0;
  const settings = { root, runRoot: `${root}/run`, storeId: "0", cgroup: "/podwright-0", uid: 0, self: [] };
  const ctx = {
    // Only the members that volumes look at.
    settings: settings as unknown as VolumeContext["settings"],
    store,
    locks: new FlockLocks(`${root}/locks`),
    ids: { id: () => String(++id).padStart(64, "0"), name: () => "unused" },
    clock: { now: () => 1000 },
    events: new RecordedEvents(),
    log: createLog("error", () => {}),
    openTree: async (directory: string) => new KernelTrees().open(directory),
    removeContainers: async (ids: readonly string[]) => {
      removed.push(...ids);
      for (const container of ids) store.containers.remove(container);
      return ids.map((input) => ({ input, id: input }));
    },
  };
  return { api: volumesApi(ctx), ctx, removed };
}

const plain = { labels: {}, options: {} };

test("create() makes a directory of mode 0755 and the owner asked for", async () => {
  const { api } = fresh();
  const volume = await api.create({ ...plain, name: "data", options: { o: "uid=5,gid=6" } });
  const status = statSync(volume.mountpoint);
  expect([status.mode & 0o777, status.uid, status.gid]).toEqual([0o755, 5, 6]);
  expect(volume.anonymous).toBe(false);
  const unnamed = await api.create({ ...plain, anonymous: true });
  expect(unnamed.name).toMatch(/^[0-9a-f]{64}$/);
});

test("a row that is not committed leaves no directory: that is made once the row is there", async () => {
  const { ctx } = fresh();
  const directory = `${ctx.settings.root}/volumes/half`;
  const failed = (): void =>
    ctx.store.transaction(() => {
      addVolume(ctx, { ...plain, name: "half" });
      throw new Error("killed");
    });
  expect(failed).toThrow("killed");
  expect([ctx.store.volumes.get("half"), existsSync(directory)]).toEqual([undefined, false]);
  furnishVolume(ctx, addVolume(ctx, { ...plain, name: "half" }));
  expect(existsSync(`${directory}/_data`)).toBe(true);
});

test("a second volume of the name is refused, or given back with ignore", async () => {
  const { api } = fresh();
  await api.create({ ...plain, name: "data" });
  expect(api.create({ ...plain, name: "data" })).rejects.toThrow(
    "volume with name data already exists: volume already exists",
  );
  expect((await api.create({ ...plain, name: "data", ignore: true })).name).toBe("data");
});

test("names, drivers and options that cannot work are refused by name, and leave nothing", async () => {
  const { api } = fresh();
  expect(api.create({ ...plain, name: "../x" })).rejects.toThrow("names must match");
  expect(api.create({ ...plain, name: "x", driver: "nfs" })).rejects.toThrow('volume driver "nfs"');
  expect(api.create({ ...plain, name: "x", options: { type: "tmpfs" } })).rejects.toThrow('"type"');
  expect(await api.list({})).toEqual([]);
});

test("remove() keeps a volume in use, and with force removes its users first", async () => {
  const { api, ctx, removed } = fresh();
  const { mountpoint } = await api.create({ ...plain, name: "data" });
  writeFileSync(`${mountpoint}/row`, "1");
  ctx.store.containers.add(containerRecord("a".repeat(64)), ["data"]);
  const [kept] = await api.remove(["data"], { all: false, force: false });
  expect(kept?.error?.message).toContain("volume data is being used by the following container(s)");
  expect(existsSync(`${mountpoint}/row`)).toBe(true);
  const [gone] = await api.remove(["data"], { all: false, force: true });
  expect([gone?.id, removed.length, existsSync(mountpoint)]).toEqual(["data", 1, false]);
});

test("remove() of an unknown volume has exit status 1, and none with force", async () => {
  const { api } = fresh();
  const [unknown] = await api.remove(["nope"], { all: false, force: false });
  expect(unknown?.error).toMatchObject({
    exitCode: 1,
    message: 'no volume with name "nope" found: no such volume',
  });
  expect((await api.remove(["nope"], { all: false, force: true }))[0]?.error).toBeUndefined();
});

test("filters select by name, label, use and kind; an unknown one is an error", async () => {
  const { api, ctx } = fresh();
  await api.create({ ...plain, name: "one", labels: { a: "1" } });
  await api.create({ ...plain, name: "two", anonymous: true });
  ctx.store.containers.add(containerRecord("b".repeat(64)), ["one"]);
  const names = async (filters: Record<string, string[]>): Promise<string[]> =>
    (await api.list(filters)).map((volume) => volume.name);
  expect(await names({ label: ["a=1"] })).toEqual(["one"]);
  expect(await names({ "label!": ["a"] })).toEqual(["two"]);
  expect(await names({ dangling: ["true"] })).toEqual(["two"]);
  expect(await names({ name: ["^o"] })).toEqual(["one"]);
  expect(await names({ anonymous: ["false"], until: ["2000"] })).toEqual(["one"]);
  expect(names({ colour: ["red"] })).rejects.toThrow('"colour" is an invalid volume filter');
});

test("prune() removes anonymous volumes without users; with all, named ones too", async () => {
  const { api } = fresh();
  await api.create({ ...plain, name: "named" });
  await api.create({ ...plain, name: "anonymous", anonymous: true });
  expect((await api.prune({}, { all: false })).map((o) => o.id)).toEqual(["anonymous"]);
  expect((await api.prune({}, { all: true })).map((o) => o.id)).toEqual(["named"]);
});
