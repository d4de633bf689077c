import type { VolumeInfo, VolumesApi } from "@podwright/spec/engine-api/volumes";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { expect, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command as create } from "./create.ts";
import { command as exists } from "./exists.ts";
import { command as ls } from "./ls.ts";
import { command as mount } from "./mount.ts";
import { command as prune } from "./prune.ts";
import { command as rm } from "./rm.ts";
import { command as unmount } from "./unmount.ts";

const info = (name: string): VolumeInfo => ({
  name,
  driver: "local",
  mountpoint: `/v/${name}/_data`,
  created: 1_790_000_000_000,
  labels: { k: "v" },
  options: {},
  uid: 7,
  gid: 0,
  anonymous: true,
  needsCopyUp: false,
  needsChown: false,
  mountCount: 1,
});

function world(api: Partial<VolumesApi>) {
  return { volumes: () => Promise.resolve(api as VolumesApi) };
}

test("create prints the name and passes labels, options and owner", async () => {
  const asked: unknown[] = [];
  const engine = world({
    create: (request) => {
      asked.push(request);
      return Promise.resolve(info("data"));
    },
  });
  const flags = { label: ["a=b", "c"], opt: ["o=size=1m"], uid: 3, ignore: true };
  expect((await runCli(create, { args: ["data"], flags, engine })).out).toBe("data\n");
  expect(asked[0]).toEqual({
    name: "data",
    driver: "local",
    labels: { a: "b", c: "" },
    options: { o: "size=1m" },
    uid: 3,
    ignore: true,
  });
});

test("ls: table, names, template, JSON, and nothing at all for no volumes", async () => {
  const engine = world({ list: () => Promise.resolve([info("a"), info("b")]) });
  expect((await runCli(ls, { engine })).out).toBe("DRIVER      VOLUME NAME\nlocal       a\nlocal       b\n");
  expect((await runCli(ls, { flags: { quiet: true }, engine })).out).toBe("a\nb\n");
  const format = "{{.Name}} {{.Scope}} {{.UID}} {{.Anonymous}} {{.Labels}}";
  expect((await runCli(ls, { flags: { format }, engine })).out).toBe(
    "a local 7 true map[k:v]\nb local 7 true map[k:v]\n",
  );
  const rows = JSON.parse((await runCli(ls, { flags: { format: "json" }, engine })).out);
  expect(Object.keys(rows[0]).join(" ")).toBe(
    "Name Driver Mountpoint CreatedAt Labels Scope Options UID Anonymous MountCount LockNumber",
  );
  expect((await runCli(ls, { engine: world({ list: () => Promise.resolve([]) }) })).out).toBe("");
  expect((await runCli(ls, { flags: { quiet: true, format: "json" }, engine })).err).toBe(
    "Error: quiet and format flags cannot be used together\n",
  );
});

test("rm reports each volume; the last failure decides the status; --force says nothing of an unknown one", async () => {
  const engine = world({
    remove: () =>
      Promise.resolve([
        { input: "a", id: "a" },
        { input: "gone" },
        { input: "b", error: new EngineError("VOLUME_IN_USE", "volume b is being used") },
      ]),
  });
  expect(await runCli(rm, { args: ["a", "gone", "b"], engine })).toEqual({
    out: "a\n",
    err: "Error: volume b is being used\n",
    status: 2,
  });
  expect((await runCli(rm, { engine })).err).toBe("Error: choose either one or more volumes or all\n");
  expect((await runCli(rm, { args: ["a"], flags: { time: 3 }, engine })).err).toBe(
    "Error: --force option must be specified to use the --time option\n",
  );
});

test("prune names what would go and asks", async () => {
  const pruned: unknown[] = [];
  const api = (unused: VolumeInfo[]) =>
    world({
      list: (filters) => Promise.resolve(filters["dangling"] === undefined ? [info("a"), info("b")] : unused),
      prune: (filters, options) => {
        pruned.push([filters, options]);
        return Promise.resolve([{ input: "a", id: "a" }]);
      },
    });
  const warning =
    "WARNING! This will remove all volumes not used by at least one container. The following volumes will be removed:\n";
  expect((await runCli(prune, { engine: api([]) })).out).toBe(`${warning}No dangling volumes found\n`);
  const question = `${warning}a\nAre you sure you want to continue? [y/N] `;
  expect((await runCli(prune, { answer: "n", engine: api([info("a")]) })).out).toBe(question);
  expect(pruned).toEqual([]);
  expect((await runCli(prune, { answer: "Y\n", engine: api([info("a")]) })).out).toBe(`${question}a\n`);
  expect((await runCli(prune, { flags: { force: true, filter: ["label=x"] }, engine: api([]) })).out).toBe(
    "a\n",
  );
  expect(pruned.at(-1)).toEqual([{ label: ["x"] }, { all: true }]);
});

test("exists answers by its status", async () => {
  const engine = world({ exists: (name) => Promise.resolve(name === "a") });
  expect((await runCli(exists, { args: ["a"], engine })).status).toBe(0);
  expect((await runCli(exists, { args: ["b"], engine })).status).toBe(1);
});

test("mount tells where the files are, unmount the name; both need a volume", async () => {
  const engine = world({
    inspect: (name) =>
      name === "data"
        ? Promise.resolve(info("data"))
        : Promise.reject(
            new EngineError("VOLUME_NOT_FOUND", `no volume with name "${name}" found: no such volume`),
          ),
  });
  expect((await runCli(mount, { args: ["data"], engine })).out).toBe("/v/data/_data\n");
  expect((await runCli(unmount, { args: ["data"], engine })).out).toBe("data\n");
  for (const command of [mount, unmount]) {
    expect((await runCli(command, { args: ["nope"], engine })).err).toContain("no such volume");
  }
});
