import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { runtimeDirectories, runtimeDirectory } from "./runtime-dir.ts";

const UID = process.getuid?.() ?? 0;
let base: string;

beforeEach(() => {
  base = mkdtempSync(`${tmpdir()}/runtime-dir-`);
});

afterEach(() => rmSync(base, { recursive: true }));

function options(env: Record<string, string> = {}) {
  return { env, uid: UID, logins: `${base}/user`, temporary: `${base}/tmp` };
}

function make(path: string, mode = 0o700): string {
  mkdirSync(`${base}/${path}`, { recursive: true });
  chmodSync(`${base}/${path}`, mode);
  return `${base}/${path}`;
}

test("what the environment names, then that of the login", () => {
  const named = make("named");
  const usual = make(`user/${UID}`);
  expect([...runtimeDirectories(options({ XDG_RUNTIME_DIR: named }))]).toEqual([named, usual]);
  expect(runtimeDirectory(options({ XDG_RUNTIME_DIR: named }))).toBe(named);
  expect(runtimeDirectory(options())).toBe(usual);
  expect([...runtimeDirectories(options({ XDG_RUNTIME_DIR: usual }))]).toEqual([usual]);
});

test("one that is gone, relative, no directory, or writable by others is passed over", () => {
  const usual = make(`user/${UID}`);
  for (const path of [`${base}/gone`, "relative", "", "/dev/null", make("open", 0o777)]) {
    expect(runtimeDirectory(options({ XDG_RUNTIME_DIR: path }))).toBe(usual);
  }
});

test.skipIf(UID !== 0)("another user's is passed over, as after su", () => {
  const foreign = make("foreign");
  const found = [...runtimeDirectories({ ...options({ XDG_RUNTIME_DIR: foreign }), uid: 4242 })];
  expect(found).toEqual([]);
});

test("without any, one is made for the user alone, and found again by whoever has a better one", () => {
  make("tmp");
  const made = runtimeDirectory(options());
  expect(made).toBe(`${base}/tmp/podwright-run-${UID}`);
  expect(statSync(made).mode & 0o777).toBe(0o700);
  expect(runtimeDirectory(options())).toBe(made);
  const usual = make(`user/${UID}`);
  expect([...runtimeDirectories(options())]).toEqual([usual, made]);
});

test("a name that somebody else has laid out there is refused", () => {
  make("tmp");
  const trap = `${base}/tmp/podwright-run-${UID}`;
  const refused = /is not a directory that belongs to you alone/;
  symlinkSync(make("elsewhere"), trap);
  expect(() => runtimeDirectory(options())).toThrow(refused);
  rmSync(trap);
  make(`tmp/podwright-run-${UID}`, 0o755);
  expect(() => runtimeDirectory(options())).toThrow(refused);
});
