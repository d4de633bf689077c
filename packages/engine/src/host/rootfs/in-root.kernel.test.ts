/** Files of an image read, volumes given to a group, and parts of them held fast, on the real kernel. */
import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../../testing/kernel.ts";
import { InRootFiles } from "./in-root.ts";

const files = new InRootFiles();
const look = (path: string): string => {
  const { mode, uid, gid } = lstatSync(path);
  return `${(mode & 0o7777).toString(8)} ${uid}:${gid}`;
};

inOwnNamespaces(import.meta.path, () => {
  describe("readText()", () => {
    test("gives all of a file, also of one that was larger than it looked, up to the bound", () => {
      using temporary = temporaryDirectory();
      const text = "ü".repeat(5_000);
      writeFileSync(`${temporary.path}/file`, text);
      expect(files.readText(temporary.path, "/file", 10_000)).toBe(text);
      expect(() => files.readText(temporary.path, "/file", 9_999)).toThrow("larger than 9999 bytes");
      // A file of the kernel has no size before it is read.
      expect(files.readText("/proc", "/self/status", 1 << 20)).toContain("Threads:");
      expect(() => files.readText("/proc", "/self/status", 100)).toThrow("larger than 100 bytes");
      expect(files.readText(temporary.path, "/nowhere", 10)).toBeUndefined();
    });
  });

  describe("appendText()", () => {
    test("adds a line within the root, and makes the file alone", async () => {
      using temporary = temporaryDirectory();
      const root = `${temporary.path}/root`;
      mkdirSync(`${root}/etc`, { recursive: true });
      writeFileSync(`${root}/etc/passwd`, "root:x:0:0");
      symlinkSync("/etc/passwd", `${root}/link`);
      symlinkSync("../../outside", `${root}/out`);
      const add = (path: string) => files.appendText(root, path, "new\n", { uid: 7, gid: 8 });
      expect(await add("/link")).toBe(true);
      expect(await add("/etc/passwd")).toBe(true);
      expect(files.readText(root, "/etc/passwd", 100)).toBe("root:x:0:0\nnew\nnew\n");
      expect(await add("/etc/group")).toBe(true);
      expect(look(`${root}/etc/group`)).toBe("644 7:8");
      expect([await add("/out"), await add("/none/file"), await add("/etc")]).toEqual([false, false, false]);
    });
  });

  describe("giveGroup()", () => {
    test("gives all to the group, follows no link, and keeps owners", async () => {
      using temporary = temporaryDirectory();
      const top = `${temporary.path}/top`;
      mkdirSync(`${top}/sub`, { recursive: true });
      writeFileSync(`${top}/sub/file`, "");
      chmodSync(`${top}/sub/file`, 0o600);
      chownSync(`${top}/sub/file`, 1234, 0);
      writeFileSync(`${top}/program`, "");
      chmodSync(`${top}/program`, 0o4744);
      writeFileSync(`${temporary.path}/outside`, "");
      chmodSync(`${temporary.path}/outside`, 0o600);
      symlinkSync("../outside", `${top}/link`);
      chmodSync(top, 0o755);
      await files.giveGroup(top, 2000);
      expect(look(top)).toBe("2775 0:2000");
      expect(look(`${top}/sub`)).toBe("2775 0:2000");
      expect(look(`${top}/sub/file`)).toBe("660 1234:2000");
      expect(look(`${top}/program`)).toBe("4774 0:2000");
      expect(lstatSync(`${top}/link`).gid).toBe(2000);
      expect(look(`${temporary.path}/outside`)).toBe("600 0:0");
    });

    test("does nothing where the top shows that it was done, and leaves other file systems alone", async () => {
      using temporary = temporaryDirectory();
      const top = `${temporary.path}/top`;
      mkdirSync(`${top}/mounted`, { recursive: true });
      sh(`mount -t tmpfs -o mode=700 tmpfs ${top}/mounted`);
      await files.giveGroup(top, 2000);
      expect(look(`${top}/mounted`)).toBe("700 0:0");
      writeFileSync(`${top}/late`, "");
      chownSync(`${top}/late`, 0, 0);
      await files.giveGroup(top, 2000);
      expect(lstatSync(`${top}/late`).gid).toBe(0);
      await files.giveGroup(top, 3000);
      expect(lstatSync(`${top}/late`).gid).toBe(3000);
    });
  });

  describe("pin()", () => {
    test("holds what was there, whoever changes the path afterwards", async () => {
      using temporary = temporaryDirectory();
      const root = `${temporary.path}/root`;
      mkdirSync(`${root}/a/b`, { recursive: true });
      writeFileSync(`${root}/a/b/file`, "inside");
      expect(await files.pin(root, "a/b", `${temporary.path}/directory`)).toBe(true);
      expect(await files.pin(root, "/a/b/file", `${temporary.path}/file`)).toBe(true);
      renameSync(`${root}/a`, `${root}/moved`);
      symlinkSync("/etc", `${root}/a`);
      expect(sh(`cat ${temporary.path}/directory/file ${temporary.path}/file`)).toBe("insideinside");
    });

    test("a link leads within the root, and nothing is there where it leads to nothing", async () => {
      using temporary = temporaryDirectory();
      const root = `${temporary.path}/root`;
      mkdirSync(`${root}/etc`, { recursive: true });
      symlinkSync("../../../../etc", `${root}/up`);
      symlinkSync("/etc/passwd", `${root}/passwd`);
      expect(await files.pin(root, "up", `${temporary.path}/up`)).toBe(true);
      expect(sh(`ls ${temporary.path}/up`)).toBe("");
      expect(await files.pin(root, "passwd", `${temporary.path}/passwd`)).toBe(false);
      expect(await files.pin(root, "../../etc/passwd", `${temporary.path}/passwd`)).toBe(false);
    });

    test("what is mounted below the source later is not unmounted together with the pin", async () => {
      using temporary = temporaryDirectory();
      const root = `${temporary.path}/root`;
      mkdirSync(`${root}/a/b`, { recursive: true });
      sh(`mount --bind ${temporary.path} ${temporary.path} && mount --make-shared ${temporary.path}`);
      expect(await files.pin(root, "a", `${temporary.path}/pin`)).toBe(true);
      sh(`mount -t tmpfs tmpfs ${root}/a/b && umount -l ${temporary.path}/pin && mountpoint -q ${root}/a/b`);
    });
  });
});
