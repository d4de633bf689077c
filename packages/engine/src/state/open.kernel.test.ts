/** Where a store may be, and what a full disk leaves possible: on file systems and with owners of the tests' own. */
import { expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../testing/kernel.ts";
import { containerRecord } from "../../testing/records.ts";
import { SqliteStore } from "./sqlite-store.ts";

inOwnNamespaces(import.meta.path, () => {
  test("a store for one user alone is closed to others, and another's is refused", () => {
    using dir = temporaryDirectory();
    const root = `${dir.path}/store`;
    mkdirSync(root);
    chmodSync(root, 0o777);
    SqliteStore.open(root, { alone: true }).close();
    expect(statSync(root).mode & 0o777).toBe(0o700);
    SqliteStore.open(`${dir.path}/made`, { alone: true }).close();
    expect(statSync(`${dir.path}/made`).mode & 0o777).toBe(0o700);
    const others = `${dir.path}/others`;
    mkdirSync(others);
    chownSync(others, 5, 5);
    expect(() => SqliteStore.open(others, { alone: true })).toThrow(
      `cannot use ${others} as store: it belongs to another user`,
    );
    sh(`mount -t tmpfs -o ro tmpfs ${others}`);
    expect(() => SqliteStore.open(`${others}/store`, { alone: true })).toThrow(
      `cannot use ${others}/store as store: read-only file system`,
    );
    sh(`umount ${others}`);
  });

  test("on a full disk changes say so, and go on once there is room", () => {
    using dir = temporaryDirectory();
    sh(`mount -t tmpfs -o size=4m tmpfs ${dir.path}`);
    const store = SqliteStore.open(`${dir.path}/store`);
    const ids = Array.from({ length: 60 }, (_, index) => index.toString(16).padStart(64, "0"));
    const add = (id: string): void => store.containers.add(containerRecord(id, { name: `c${id}` }), []);
    for (const id of ids) add(id);
    const fill = (): void => {
      try {
        writeFileSync(`${dir.path}/fill`, Buffer.alloc(8 << 20));
      } catch {
        // As much as there was room for.
      }
    };
    fill();
    const more = (): void => {
      for (let index = 1000; index < 3000; index += 1) add(index.toString(16).padStart(64, "0"));
    };
    expect(more).toThrow(`cannot write ${dir.path}/store/state.db: no space left on device`);
    rmSync(`${dir.path}/fill`);
    for (const id of ids) store.containers.remove(id);
    add("f".repeat(64));
    store.close();
    sh(`umount ${dir.path}`);
  });
});
