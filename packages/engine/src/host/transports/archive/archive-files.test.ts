import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { tarEnd, tarHeader, tarPadding } from "../../../tar/tar-writer.ts";
import { readSmall, TarFiles } from "./archive-files.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(`${tmpdir()}/archive-files-`);
});
afterAll(() => rmSync(directory, { recursive: true }));

const header = (name: string, size: number): Uint8Array =>
  tarHeader({
    type: "file",
    name: Buffer.from(name),
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: { seconds: 0, nanoseconds: 0 },
  });

/** Files of these sizes, "x" at their end; all but that is holes. */
function archive(name: string, sizes: Readonly<Record<string, number>>): string {
  const path = `${directory}/${name}`;
  writeFileSync(path, "");
  for (const [file, size] of Object.entries(sizes)) {
    appendFileSync(path, header(file, size));
    truncateSync(path, statSync(path).size + Math.max(0, size - 1));
    if (size > 0) appendFileSync(path, "x");
    appendFileSync(path, tarPadding(size));
  }
  appendFileSync(path, tarEnd());
  return path;
}

test("TarFiles.open() reads headers, not the files between them", async () => {
  const large = 40 * 2 ** 30;
  const path = archive("large.tar", { "a.tar": large, small: 3, empty: 0, "b/c": 70_001, last: 512 });
  const files = await TarFiles.open(path);
  const sizes = await Promise.all(
    ["a.tar", "small", "empty", "./b/c", "last", "none"].map((name) => files.size(name)),
  );
  expect(sizes).toEqual([large, 3, 0, 70_001, 512, undefined]);
  expect((await readSmall(files, "small", 10)).toString("latin1")).toBe("\0\0x");
  expect((await readSmall(files, "b/c", 1 << 20)).at(-1)).toBe("x".charCodeAt(0));
  expect(await readSmall(files, "empty", 10)).toHaveLength(0);
});

test("TarFiles.open() refuses an archive that was cut, wherever", async () => {
  const path = archive("cut.tar", { one: 200_000, two: 300 });
  for (const size of [100, 700, 190_000, 200_300, 201_000]) {
    truncateSync(path, 0);
    archive("cut.tar", { one: 200_000, two: 300 });
    truncateSync(path, size);
    await expect(TarFiles.open(path)).rejects.toThrow("the archive is truncated");
  }
});
