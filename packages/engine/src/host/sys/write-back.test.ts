import { expect, test } from "bun:test";
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { startWriteBack } from "./write-back.ts";

test("startWriteBack() leaves the file as it is, and no file system's refusal is an error", () => {
  const directory = mkdtempSync(`${tmpdir()}/write-back-`);
  try {
    const fd = openSync(`${directory}/file`, "w");
    const data = Buffer.alloc(3 << 20, "x");
    writeSync(fd, data);
    startWriteBack(fd, 1 << 20, 1 << 20);
    startWriteBack(fd, 5 * 2 ** 32, 1 << 20);
    fsyncSync(fd);
    closeSync(fd);
    expect(readFileSync(`${directory}/file`).equals(data)).toBe(true);
    expect(() => startWriteBack(-1, 0, 1)).not.toThrow();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
