/** Overlays by fuse-overlayfs and by the kernel, one after the other over the same directories of changes. */
import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../testing/kernel.ts";
import { OverlayChanges } from "../layers/changes/layer-changes.ts";
import { TreeTar } from "../layers/tree-tar.ts";
import { KernelMounts } from "./kernel-mounts.ts";

const PROGRAM = "/usr/bin/fuse-overlayfs";

/** A store, a layer and a place for changes, on a file system that overlays can be written to. */
function world(base: string) {
  const plain = new KernelMounts();
  plain.tmpfs(base, { size: 64 << 20, mode: "0755" });
  const at = (name: string): string => `${base}/${name}`;
  for (const name of ["layer/gone", "layer/anew", "c/upper", "c/work", "merged", "run", "store"])
    mkdirSync(at(name), { recursive: true });
  for (const name of ["file", "gone/in", "anew/old", "kept"]) writeFileSync(at(`layer/${name}`), name);
  const state = { program: "" };
  const mounts = new KernelMounts({
    root: at("store"),
    runRoot: at("run"),
    isConfigured: () => state.program !== "",
    mountProgram: () => Promise.resolve(state.program),
  });
  const target = at("merged");
  const request = { target, lower: [at("layer")], upper: at("c/upper"), work: at("c/work"), volatile: false };
  return {
    at,
    mounts,
    target,
    answer: (): string | undefined =>
      existsSync(at("store/overlay.json"))
        ? JSON.parse(readFileSync(at("store/overlay.json"), "utf8")).way
        : undefined,
    by: async (program: string): Promise<string> => {
      state.program = program;
      await mounts.overlay(request);
      return sh(`findmnt -n -o FSTYPE ${target}`).trim();
    },
    change: (): void => {
      for (const name of ["file", "gone", "anew"]) rmSync(`${target}/${name}`, { recursive: true });
      mkdirSync(`${target}/anew`);
      writeFileSync(`${target}/anew/new`, "");
    },
    shown: (): string[] => readdirSync(target, { recursive: true }).map(String).sort(),
    [Symbol.dispose]: () => {
      plain.unmount(target);
      plain.unmount(base);
    },
  };
}

const CHANGED = ["anew", "anew/new", "kept"];

async function namesInTar(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  const tar = Bun.spawn(["tar", "t"], { stdin: Buffer.concat(all), stdout: "pipe" });
  return (await new Response(tar.stdout).text()).trim().split("\n").sort();
}

inOwnNamespaces(import.meta.path, () => {
  test.skipIf(!existsSync(PROGRAM))(
    "what one has deleted, the other shows as deleted, and back",
    async () => {
      using dir = temporaryDirectory();
      using w = world(dir.path);
      expect([await w.by(PROGRAM), w.answer()]).toEqual(["fuse.fuse-overlayfs", "configured"]);
      w.change();
      expect(w.shown()).toEqual(CHANGED);
      w.mounts.unmount(w.target);
      const layer = ["./", ".wh.file", ".wh.gone", "anew/", "anew/.wh..wh..opq", "anew/new"];
      expect(await namesInTar(new TreeTar().changes(w.at("c/upper")))).toEqual(layer);
      expect(await w.by("")).toBe("overlay");
      expect([w.shown(), w.answer()]).toEqual([CHANGED, "kernel"]);
      expect(readdirSync(w.at("c/upper/anew"))).toEqual(["new"]);
      writeFileSync(`${w.target}/file`, "back");
      rmSync(`${w.target}/kept`);
      w.mounts.unmount(w.target);
      expect(await w.by(PROGRAM)).toBe("fuse.fuse-overlayfs");
      expect(w.shown()).toEqual(["anew", "anew/new", "file"]);
    },
  );

  test.skipIf(!existsSync(PROGRAM))(
    "deletions by names of files are read, and turned for the kernel",
    async () => {
      using dir = temporaryDirectory();
      using w = world(dir.path);
      // As where a file system holds no other marks.
      mkdirSync(w.at("c/fuse"));
      mkdirSync(w.at("c/upper/anew"));
      for (const name of [".wh.file", ".wh.gone", "anew/.wh..wh..opq", "anew/new"])
        writeFileSync(w.at(`c/upper/${name}`), "");
      const changes = new OverlayChanges();
      const open = (path: string) => ({
        id: path,
        fd: openSync(path, "r"),
        fileMarks: changes.hasFileMarks(path),
      });
      const layers = [open(w.at("c/upper")), open(w.at("layer"))];
      expect(changes.between(layers, layers.slice(1)).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
        "changed /anew",
        "added /anew/new",
        "deleted /anew/old",
        "deleted /file",
        "deleted /gone",
      ]);
      expect(await w.by(PROGRAM)).toBe("fuse.fuse-overlayfs");
      expect(w.shown()).toEqual(CHANGED);
      w.mounts.unmount(w.target);
      expect(await w.by("")).toBe("overlay");
      expect(w.shown()).toEqual(CHANGED);
      expect(statSync(w.at("c/upper/file")).isCharacterDevice()).toBe(true);
      expect(existsSync(w.at("c/fuse"))).toBe(false);
    },
  );

  test.skipIf(!existsSync(PROGRAM))("a killed process leaves nothing mounted to whoever asks", async () => {
    using dir = temporaryDirectory();
    using w = world(dir.path);
    await w.by(PROGRAM);
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const line = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "latin1") : "";
      if (line.startsWith(PROGRAM) && line.includes(w.target)) process.kill(Number(pid), "SIGKILL");
    }
    while (w.mounts.isMounted(w.target)) await Bun.sleep(5);
    expect(readdirSync(w.target)).toEqual([]);
    expect(await w.by(PROGRAM)).toBe("fuse.fuse-overlayfs");
  });

  test("a program that fails, or cannot be told a path, is named", async () => {
    using dir = temporaryDirectory();
    using w = world(dir.path);
    await expect(w.by("/bin/false")).rejects.toThrow(`cannot mount ${w.target}: /bin/false: exit status 1`);
    const overlay = w.mounts.overlay({
      target: w.target,
      lower: [w.at("a:b"), w.at("layer")],
      volatile: false,
    });
    await expect(overlay).rejects.toThrow("takes no path with");
    expect(w.mounts.isMounted(w.target)).toBe(false);
  });

  test("a request that the kernel refuses is no reason to doubt the kernel", async () => {
    using dir = temporaryDirectory();
    using w = world(dir.path);
    const request = { target: w.target, lower: [w.at("layer")], volatile: false };
    await expect(w.mounts.overlay(request)).rejects.toThrow("EINVAL");
    expect([w.answer(), readdirSync(w.at("run")), readdirSync(w.at("store"))]).toEqual([undefined, [], []]);
  });
});
