import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { findAuth } from "./auth-file.ts";
import { openAuthTarget } from "./auth-target.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync("/tmp/podwright-auth-");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const encoded = (text: string): string => Buffer.from(text).toString("base64");

test("the file is the one that is named, the environment's, or the session's", () => {
  const env = { HOME: home, XDG_RUNTIME_DIR: `${home}/run` };
  expect(openAuthTarget({}, env).path).toBe(`${home}/run/containers/auth.json`);
  expect(openAuthTarget({}, { ...env, DOCKER_CONFIG: "/d" }).path).toBe("/d/config.json");
  expect(openAuthTarget({}, { ...env, DOCKER_CONFIG: "/d", REGISTRY_AUTH_FILE: "/r" }).path).toBe("/r");
  expect(openAuthTarget({ authFile: "/a" }, { ...env, REGISTRY_AUTH_FILE: "/r" }).path).toBe("/a");
  expect(openAuthTarget({ compatAuthFile: "/c" }, env).path).toBe("/c");
  expect(() => openAuthTarget({ authFile: "/a", compatAuthFile: "/a" }, env)).toThrow(
    "options for paths to the credential file and to the Docker-compatible credential file can not be set simultaneously",
  );
});

test("an entry is written for its owner alone, found again, and taken away; the rest of the file stays", () => {
  const path = `${home}/deep/auth.json`;
  mkdirSync(`${home}/deep`);
  writeFileSync(
    path,
    JSON.stringify({ HttpHeaders: { a: "b" }, auths: { "other.example": { auth: encoded("o:p") } } }),
    {
      mode: 0o644,
    },
  );
  const target = openAuthTarget({ authFile: path }, {});
  target.set("quay.io/team", "me", "se:cret");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(read(path)).toEqual({
    HttpHeaders: { a: "b" },
    auths: { "other.example": { auth: encoded("o:p") }, "quay.io/team": { auth: encoded("me:se:cret") } },
  });
  expect(findAuth("quay.io/team/app", {}, path)).toEqual({
    kind: "basic",
    username: "me",
    password: "se:cret",
  });
  expect(findAuth("quay.io/others", {}, path)).toBeUndefined();
  expect(target.remove("quay.io")).toBe(false);
  expect(target.remove("quay.io/team")).toBe(true);
  expect(target.removeAll()).toEqual([]);
  expect(read(path)).toEqual({ HttpHeaders: { a: "b" }, auths: {} });
});

test("Docker's own form: its key for Docker Hub, no namespaces, its store of credentials", () => {
  const path = `${home}/config.json`;
  const target = openAuthTarget({ compatAuthFile: path }, {});
  target.set("docker.io", "me", "pw");
  expect(read(path)).toEqual({ auths: { "https://index.docker.io/v1/": { auth: encoded("me:pw") } } });
  expect(target.find("docker.io")).toEqual({ kind: "basic", username: "me", password: "pw" });
  expect(() => target.set("quay.io/team", "me", "pw")).toThrow("namespaced key");
  expect(target.remove("docker.io")).toBe(true);
  writeFileSync(path, JSON.stringify({ credsStore: "pass", credHelpers: { "gcr.io": "gcloud" } }));
  expect([target.helperFor("quay.io"), target.helperFor("gcr.io")]).toEqual(["pass", "gcloud"]);
  expect(target.removeAll()).toEqual([{ helper: "gcloud", key: "gcr.io" }]);
});

test("a file that is no JSON is not written over", () => {
  const path = `${home}/auth.json`;
  writeFileSync(path, "{broken");
  expect(() => openAuthTarget({ authFile: path }, {}).set("quay.io", "me", "pw")).toThrow(path);
  expect(readFileSync(path, "utf8")).toBe("{broken");
});
