/** Trees read and written by descriptors, on real files: nothing in them leads out. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { type TarEntryData, tarEnd, tarHeader, tarPadding } from "../../../tar/tar-writer.ts";
import { KernelTrees } from "./open-trees.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync("/tmp/podwright-trees-");
  for (const name of ["from", "to", "outside"]) mkdirSync(`${root}/${name}`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = (name: string) => new KernelTrees().open(`${root}/${name}`);
const READ = { crossMounts: true } as const;

async function* tar(...entries: (Partial<TarEntryData> & { name: Buffer; data?: string })[]) {
  for (const { data = "", ...entry } of entries) {
    const bytes = Buffer.from(data);
    const base = {
      type: "file",
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: { seconds: 1, nanoseconds: 0 },
    } as const;
    yield tarHeader({ ...base, ...entry, size: bytes.length });
    yield Buffer.concat([bytes, tarPadding(bytes.length)]);
  }
  yield tarEnd();
}

const named = (name: string, more: Partial<TarEntryData> & { data?: string } = {}) => ({
  name: Buffer.from(name),
  ...more,
});

test("stat() follows links within the tree, also to what is missing", () => {
  writeFileSync(`${root}/from/file`, "four");
  mkdirSync(`${root}/from/dir`);
  symlinkSync("/file", `${root}/from/dir/absolute`);
  symlinkSync("../../../../file", `${root}/from/dir/up`);
  symlinkSync("/none/deep", `${root}/from/dangling`);
  symlinkSync("loop", `${root}/from/loop`);
  using tree = open("from");
  for (const path of ["/file", "dir/absolute", "/dir/up", "/dir/../file"]) {
    expect([path, tree.stat(path)]).toMatchObject([path, { kind: "file", target: "/file", size: 4 }]);
  }
  expect(tree.stat("/dangling")).toMatchObject({ kind: "missing", target: "/none/deep" });
  expect(tree.stat("/file/")).toMatchObject({ kind: "missing", target: "/file" });
  expect(tree.stat("/dir/.")).toMatchObject({ kind: "directory", target: "/dir" });
  expect(tree.stat("/../..")).toMatchObject({ kind: "directory", target: "/" });
  expect(tree.stat("/loop").kind).toBe("missing");
});

test("what is read can be written elsewhere, with links, holes and names of any bytes", async () => {
  mkdirSync(`${root}/from/dir`);
  writeFileSync(`${root}/from/dir/a`, "x");
  linkSync(`${root}/from/dir/a`, `${root}/from/dir/b`);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/from/dir/`), Buffer.of(0xff, 0x2e)]), "odd");
  writeFileSync(`${root}/from/dir/sparse`, "begin");
  truncateSync(`${root}/from/dir/sparse`, 64 << 20);
  using from = open("from");
  for (const [directory, sparse] of [
    ["plain", false],
    ["sparse", true],
  ] as const) {
    mkdirSync(`${root}/to/${directory}`);
    using to = open("to");
    let bytes = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of from.read("/dir", { ...READ, name: "copy", sparse })) {
        bytes += chunk.length;
        yield chunk;
      }
    }
    await to.write(`/${directory}`, counted(), { overwrite: false, owner: { uid: 12, gid: 34 } });
    const copy = `${root}/to/${directory}/copy`;
    expect(readdirSync(copy, { encoding: "buffer" }).length).toBe(4);
    expect(statSync(`${copy}/a`).ino).toBe(statSync(`${copy}/b`).ino);
    expect([statSync(`${copy}/a`).uid, statSync(copy).gid]).toEqual([12, 34]);
    const { size, blocks } = statSync(`${copy}/sparse`);
    expect([size, blocks * 512 < 1 << 20]).toEqual([64 << 20, true]);
    // Holes that are told as such do not go through the pipe.
    expect(bytes < 1 << 20).toBe(sparse);
  }
});

test("an archive's names and links stay in the tree", async () => {
  using to = open("to");
  const write = (...entries: Parameters<typeof tar>) => to.write("/", tar(...entries), { overwrite: false });
  expect(write(named("../evil"))).rejects.toThrow("leads out of its place");
  expect(write(named("a/../../evil"))).rejects.toThrow("leads out of its place");
  expect(write(named("hard", { type: "hardlink", linkName: Buffer.from("../outside/x") }))).rejects.toThrow();
  const link = named("link", { type: "symlink", linkName: Buffer.from(`${root}/outside`) });
  expect(write(link, named("link/evil", { data: "x" }))).rejects.toThrow("error creating");
  symlinkSync(`${root}/outside`, `${root}/to/there`);
  expect(write(named("there/evil", { data: "x" }))).rejects.toThrow("error creating");
  await write(named("there", { data: "mine" }));
  expect(lstatSync(`${root}/to/there`).isFile()).toBe(true);
  expect(readdirSync(`${root}/outside`)).toEqual([]);
  expect(existsSync(`${root}/evil`)).toBe(false);
});

test("directories give way only where that is allowed, and devices are left out", async () => {
  mkdirSync(`${root}/to/thing/deep`, { recursive: true });
  using to = open("to");
  const write = (overwrite: boolean, ...entries: Parameters<typeof tar>) =>
    to.write("/", tar(...entries), { overwrite, onSkipped: (path) => skipped.push(path) });
  const skipped: string[] = [];
  expect(write(false, named("thing"))).rejects.toThrow('error creating "/thing": open /thing: file exists');
  await write(true, named("thing", { data: "file" }));
  expect(readFileSync(`${root}/to/thing`, "utf8")).toBe("file");
  expect(write(false, named("thing/", { type: "directory" }))).rejects.toThrow(
    'error creating "/thing": mkdir /thing: file exists',
  );
  await write(true, named("thing/", { type: "directory" }), named("null", { type: "char", devMajor: 1 }));
  expect([statSync(`${root}/to/thing`).isDirectory(), readdirSync(`${root}/to`), skipped]).toEqual([
    true,
    ["thing"],
    ["/null"],
  ]);
});

test("what is no tar is told from a broken one", async () => {
  using to = open("to");
  async function* bytes(text: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  for (const text of ["", "junk", "j".repeat(600)]) {
    expect(to.write("/", bytes(text), { overwrite: false })).rejects.toThrow("not a tar archive");
  }
  async function* cut(): AsyncGenerator<Uint8Array> {
    yield tarHeader({
      ...named("a"),
      type: "file",
      mode: 0o600,
      uid: 0,
      gid: 0,
      size: 600,
      mtime: { seconds: 0, nanoseconds: 0 },
    });
  }
  expect(to.write("/", cut(), { overwrite: false })).rejects.toThrow("truncated");
});
