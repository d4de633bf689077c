import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { applyFile, configFiles, readContainersConf } from "./containers-conf.ts";

const none = readContainersConf({ CONTAINERS_CONF: "/nonexistent.conf" });

test("defaults are Podman's where no file speaks", () => {
  expect(none.pidsLimit).toBe(2048);
  expect(none.defaultNetwork).toBe("podman");
  expect(none.defaultCapabilities).toHaveLength(11);
});

test("a file's values replace, lists append only when told", () => {
  const text = `[containers]\npids_limit = 7\nenv = ["A=1"]\nvolumes = ["/a:/b", {append=true}]\n`;
  const conf = applyFile({ ...none, volumes: ["/x:/y"] }, { path: "f", text });
  expect(conf.pidsLimit).toBe(7);
  expect(conf.env).toEqual(["A=1"]);
  expect(conf.volumes).toEqual(["/x:/y", "/a:/b"]);
});

test("once a list appends, it does so in later files, until one ends it", () => {
  const appending = new Set<string>();
  const read = (conf: typeof none, env: string) =>
    applyFile(conf, { path: "f", text: `[containers]\nenv = ${env}\n` }, appending);
  const first = read({ ...none, env: ["A=1"] }, '["B=2", {append=true}]');
  const second = read(first, '["C=3"]');
  expect(second.env).toEqual(["A=1", "B=2", "C=3"]);
  expect(read(second, '["D=4", {append=false}]').env).toEqual(["D=4"]);
});

test("runtimes are merged by name", () => {
  const conf = applyFile(none, { path: "f", text: '[engine.runtimes]\nmine = ["/opt/mine"]\n' });
  expect(conf.runtimes["mine"]).toEqual(["/opt/mine"]);
});

test("a wrong type and broken TOML name the file and the place", () => {
  expect(() => applyFile(none, { path: "c.conf", text: '[containers]\npids_limit = "many"\n' })).toThrow(
    "c.conf: containers.pids_limit: expected a number",
  );
  expect(() => applyFile(none, { path: "c.conf", text: "[containers]\npids_limit = = 3\n" })).toThrow(
    "c.conf:2:",
  );
});

test("CONTAINERS_CONF replaces the usual files and the override comes last", () => {
  const dir = mkdtempSync(`${tmpdir()}/conf-`);
  try {
    writeFileSync(`${dir}/a`, '[engine]\nstop_timeout = 3\nruntime = "runc"\n');
    writeFileSync(`${dir}/b`, "[engine]\nstop_timeout = 4\n");
    const env = { CONTAINERS_CONF: `${dir}/a`, CONTAINERS_CONF_OVERRIDE: `${dir}/b` };
    expect(configFiles(env)).toEqual([`${dir}/a`, `${dir}/b`]);
    const conf = readContainersConf(env);
    expect([conf.stopTimeout, conf.runtime]).toEqual([4, "runc"]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
