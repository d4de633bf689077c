/** Where copies land, by what is at both ends. */
import { expect, test } from "bun:test";
import type { PathStat } from "@podwright/spec/engine-api/files";
import fc from "fast-check";
import { copySource, copyTarget, parseCopyEnds } from "./copy-plan.ts";

const STAT = { size: 0, mode: 0o755, modified: 0 };
/** A tree of `/dir` and `/file`. */
const look = async (path: string): Promise<PathStat> => {
  const target = `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
  if (target === "/" || target === "/dir") return { ...STAT, kind: "directory", target };
  return { ...STAT, kind: target === "/file" ? "file" : "missing", target };
};
const into = (source: { directory: boolean; name: string }, path: string) =>
  copyTarget(source, path, { look, where: "the host" });

test("a path with a colon names a container, unless it begins as a path", () => {
  expect(parseCopyEnds("ctr:/a:b", "./x:y")).toEqual({
    from: { container: "ctr", path: "/a:b" },
    to: { path: "./x:y" },
  });
  expect(() => parseCopyEnds("/a", "/b")).toThrow("one of the paths must be in a container");
  expect(() => parseCopyEnds("ctr:", "/b")).toThrow('invalid arguments "ctr:", "/b": you must specify paths');
});

test("a directory's copy is called as it is, as what is missing, or not at all", async () => {
  const named = copySource("/src", { kind: "directory", target: "/src" });
  expect(await into(named, "/dir")).toEqual({ directory: "/dir", name: "src" });
  expect(await into(named, "/dir/new")).toEqual({ directory: "/dir", name: "new" });
  const contents = copySource("/src/.", { kind: "directory", target: "/src" });
  expect(await into(contents, "/dir/")).toEqual({ directory: "/dir", name: "" });
  expect(await into(contents, "/dir/new")).toEqual({ directory: "/dir", name: "new" });
  expect(into(named, "/file")).rejects.toThrow("destination must be a directory when copying a directory");
});

test("a file takes another's place, and a missing directory is none to copy into", async () => {
  const source = copySource("/etc/hosts", { kind: "file", target: "/etc/hosts" });
  expect(await into(source, "/file")).toEqual({ directory: "/", name: "file" });
  expect(await into(source, "/dir/.")).toEqual({ directory: "/dir", name: "hosts" });
  for (const path of ["/none/", "/none/.", "/none/deep", "/file/below"]) {
    expect(into(source, path)).rejects.toThrow(`"${path}" could not be found on the host`);
  }
});

test("a copy never lands above a directory that is there", async () => {
  const part = fc.constantFrom("dir", "file", "none", ".", "");
  const path = fc.array(part, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  await fc.assert(
    fc.asyncProperty(path, fc.boolean(), async (to, directory) => {
      const target = await into({ directory, name: "src" }, to).catch(() => undefined);
      if (target === undefined) return;
      expect((await look(target.directory)).kind).toBe("directory");
      expect(target.name).not.toContain("/");
    }),
  );
});
