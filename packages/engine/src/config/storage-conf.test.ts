import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { findConfigFiles } from "./containers-conf.ts";
import { mountProgramIn } from "./storage-conf.ts";

function inFile(text: string): string {
  const directory = mkdtempSync("/tmp/podwright-storage-conf-");
  try {
    writeFileSync(`${directory}/storage.conf`, text);
    return mountProgramIn(`${directory}/storage.conf`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("mountProgramIn() takes the overlay driver's own key first, then the one of all drivers", () => {
  expect(inFile('[storage.options]\nmount_program = "/bin/true"\n')).toBe("/bin/true");
  const both =
    '[storage.options]\nmount_program = "/bin/true"\n[storage.options.overlay]\nmount_program = "/bin/sh"\n';
  expect(inFile(both)).toBe("/bin/sh");
});

test("mountProgramIn() gives nothing for a file that is missing, says nothing, or has it in a comment", () => {
  expect(mountProgramIn("/nonexistent/storage.conf")).toBe("");
  expect(inFile('[storage]\ndriver = "overlay"\n')).toBe("");
  expect(inFile('[storage.options.overlay]\n# mount_program = "/usr/bin/fuse-overlayfs"\n')).toBe("");
  expect(inFile('[storage.options.overlay]\nmount_program = ""\n')).toBe("");
});

test("mountProgramIn() refuses a program that is not there, and what is no text", () => {
  expect(() => inFile('[storage.options.overlay]\nmount_program = "/nonexistent/x"\n')).toThrow(
    'overlay: can\'t stat program "/nonexistent/x": stat /nonexistent/x: no such file or directory',
  );
  expect(() => inFile("[storage.options.overlay]\nmount_program = 1\n")).toThrow("expected a string");
});

test("of several storage.conf files one counts; a variable names another", () => {
  const directory = mkdtempSync("/tmp/podwright-storage-conf-");
  try {
    mkdirSync(`${directory}/containers`);
    writeFileSync(`${directory}/containers/storage.conf`, "");
    const env = { XDG_CONFIG_HOME: directory };
    expect(findConfigFiles(env).storage).toBe(`${directory}/containers/storage.conf`);
    expect(findConfigFiles({ ...env, CONTAINERS_STORAGE_CONF: "/x" }).storage).toBe("/x");
  } finally {
    rmSync(directory, { recursive: true });
  }
});
