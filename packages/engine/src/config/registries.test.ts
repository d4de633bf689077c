import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { formatReference, parseReference } from "@podwright/spec/distribution/reference";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { findAuth } from "./auth-file.ts";
import { pullSources } from "./pull-sources.ts";
import { applyRegistriesFile, type RegistriesConf } from "./registries-conf.ts";
import { localCandidates, pullCandidates } from "./short-names.ts";
import { checkSignaturePolicy } from "./signature-policy.ts";

const NOTHING: RegistriesConf = {
  search: undefined,
  origin: "/etc/containers/registries.conf",
  registries: [],
  aliases: new Map(),
  found: false,
  shortNameMode: "permissive",
};
const conf = (text: string, over: RegistriesConf = NOTHING): RegistriesConf => ({
  ...applyRegistriesFile(over, "f.conf", text),
  found: true,
});
const sources = (c: RegistriesConf, name: string): string[] =>
  pullSources(c, parseReference(name)).map(
    ({ reference, insecure }) => `${formatReference(reference)}${insecure ? " insecure" : ""}`,
  );

describe("registries.conf", () => {
  const file = `
[[registry]]
prefix = "example.com"
location = "internal.example/mirror"
[[registry]]
prefix = "example.com/special"
location = "special.example:5000"
insecure = true
[[registry.mirror]]
location = "m1.example"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "m2.example/x"
insecure = true
pull-from-mirror = "tag-only"
[[registry]]
prefix = "*.wild.example"
blocked = true
[[registry]]
prefix = "*.kept.example"
`;

  test("the longest prefix wins and is replaced by the location", () => {
    const c = conf(file);
    expect(sources(c, "example.com/a:1")).toEqual(["internal.example/mirror/a:1"]);
    expect(sources(c, "example.com.other/a:1")).toEqual(["example.com.other/a:1"]);
    expect(sources(c, "quay.io/a:1")).toEqual(["quay.io/a:1"]);
  });

  test("mirrors serve tags or digests as told", () => {
    const digest = `sha256:${"1".repeat(64)}`;
    const c = conf(file);
    expect(sources(c, "example.com/special/a:1")).toEqual([
      "m2.example/x/a:1 insecure",
      "special.example:5000/a:1 insecure",
    ]);
    expect(sources(c, `example.com/special/a@${digest}`)).toEqual([
      `m1.example/a@${digest}`,
      `special.example:5000/a@${digest} insecure`,
    ]);
  });

  test("wildcards stand for hosts below", () => {
    const c = conf(file);
    expect(() => sources(c, "a.wild.example/x")).toThrow("registry *.wild.example is blocked in");
    expect(sources(c, "wild.example/x")).toEqual(["wild.example/x"]);
    expect(sources(c, "a.b.kept.example:80/x:1")).toEqual(["a.b.kept.example:80/x:1"]);
  });

  test("a later file replaces registries of the same prefix and takes aliases back", () => {
    const first = conf(
      `unqualified-search-registries = ["a.example"]\n[aliases]\nx = "q.example/x"\ny = "q.example/y"\n[[registry]]\nlocation = "r.example"\n`,
    );
    const both = conf(`[aliases]\nx = ""\n[[registry]]\nlocation = "r.example"\ninsecure = true\n`, first);
    expect([...both.aliases.keys()]).toEqual(["y"]);
    expect(both.search).toEqual(["a.example"]);
    expect(both.registries).toHaveLength(1);
    expect(both.registries[0]?.insecure).toBe(true);
  });

  test.each([
    ["[registries.search]\nregistries = []", "version 1"],
    ["[[registry]]\ninsecure = true", "neither prefix nor location"],
    ['[[registry]]\nprefix = "a.*"\nlocation = "b"', "wildcard"],
    ['unqualified-search-registries = "x"', "expected a list of strings"],
    ["x = [", "f.conf:1"],
  ])("%p is refused", (text, reason) => expect(() => conf(text)).toThrow(reason));
});

describe("short names", () => {
  const names = (c: RegistriesConf, name: string): string[] =>
    pullCandidates(c, name).references.map(formatReference);

  test("without any file mean Docker Hub", () => {
    expect(names(NOTHING, "nginx")).toEqual(["docker.io/library/nginx:latest"]);
  });

  test("with a file that has no search registries are refused", () => {
    expect(() => names(conf(""), "nginx")).toThrow(
      "did not resolve to an alias and no unqualified-search registries are defined in",
    );
  });

  test("go by alias first, keeping tag or digest", () => {
    const c = conf(
      `unqualified-search-registries = ["a.example", "b.example"]\n[aliases]\nnginx = "q.example/web/nginx"`,
    );
    expect(names(c, "nginx:1")).toEqual(["q.example/web/nginx:1"]);
    expect(pullCandidates(c, "nginx").description).toBe('Resolved "nginx" as an alias (f.conf)');
    expect(names(c, "x/redis")).toEqual(["a.example/x/redis:latest", "b.example/x/redis:latest"]);
    expect(localCandidates(c, "nginx").map(formatReference)).toEqual([
      "q.example/web/nginx:latest",
      "localhost/nginx:latest",
      "a.example/nginx:latest",
      "b.example/nginx:latest",
      "docker.io/library/nginx:latest",
    ]);
  });

  test("that are invalid are named as typed", () => {
    expect(() => names(NOTHING, "UPPER")).toThrow(
      'parsing reference "UPPER": repository name must be lowercase',
    );
  });
});

describe("auth.json", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync("/tmp/podwright-auth-");
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const env = (): Record<string, string> => ({ HOME: home, XDG_RUNTIME_DIR: `${home}/run` });
  const auth = (user: string): { auth: string } => ({ auth: Buffer.from(`${user}:p:w`).toString("base64") });
  const write = (path: string, content: object): void => {
    mkdirSync(`${home}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    writeFileSync(`${home}/${path}`, JSON.stringify(content));
  };

  test("the most specific key of the first file with one wins", () => {
    write("run/containers/auth.json", { auths: { "r.example/a": auth("ns"), "r.example": auth("host") } });
    write(".docker/config.json", {
      auths: { "https://index.docker.io/v1/": auth("hub"), "r.example/a/b": auth("late") },
    });
    expect(findAuth("r.example/a/b", env())).toEqual({ kind: "basic", username: "ns", password: "p:w" });
    expect(findAuth("r.example/x", env())).toMatchObject({ username: "host" });
    expect(findAuth("docker.io/library/x", env())).toMatchObject({ username: "hub" });
    expect(findAuth("other.example/x", env())).toBeUndefined();
  });

  test("helpers and tokens are told apart", () => {
    write("run/containers/auth.json", {
      credHelpers: { "h.example": "pass" },
      auths: { "t.example": { identitytoken: "it" }, "e.example": {} },
      credsStore: "secretservice",
    });
    expect(findAuth("h.example/x", env())).toEqual({ kind: "helper", helper: "pass", registry: "h.example" });
    expect(findAuth("t.example/x", env())).toEqual({ kind: "token", identityToken: "it" });
    expect(findAuth("e.example/x", env())).toEqual({
      kind: "helper",
      helper: "secretservice",
      registry: "e.example",
    });
  });

  test("REGISTRY_AUTH_FILE stands alone, and a broken file is named", () => {
    write("own.json", { auths: { "r.example": auth("own") } });
    write("run/containers/auth.json", { auths: { "s.example": auth("x") } });
    const own = { ...env(), REGISTRY_AUTH_FILE: `${home}/own.json` };
    expect(findAuth("r.example/x", own)).toMatchObject({ username: "own" });
    expect(findAuth("s.example/x", own)).toBeUndefined();
    writeFileSync(`${home}/own.json`, "{");
    expect(() => findAuth("r.example/x", own)).toThrow(`${home}/own.json: `);
  });
});

describe("policy.json", () => {
  const accept = [{ type: "insecureAcceptAnything" }];
  const reject = [{ type: "reject" }];
  const check = (content: Record<string, unknown>, name: string): void =>
    checkSignaturePolicy(
      { path: "p.json", content },
      { transport: "docker", reference: parseReference(name), image: `docker://${name}` },
    );

  test("the narrowest scope decides", () => {
    const content = {
      default: reject,
      transports: { docker: { "r.example/ok": accept, "r.example/ok/bad": reject, "*.w.example": accept } },
    };
    expect(() => check(content, "r.example/ok/x:1")).not.toThrow();
    expect(() => check(content, "a.b.w.example/x:1")).not.toThrow();
    expect(() => check(content, "r.example/ok/bad:1")).toThrow(
      "Running image docker://r.example/ok/bad:1 is rejected by policy.",
    );
    expect(() => check(content, "other.example/x:1")).toThrow("rejected by policy");
  });

  test("signatures are refused by name, not passed over", () => {
    expect(() => check({ default: [{ type: "signedBy" }] }, "a.example/x")).toThrow('requires "signedBy"');
    expect(() => check({}, "a.example/x")).toThrow("default: expected a list of requirements");
  });

  test("without a file everything is accepted", () => {
    expect(() =>
      checkSignaturePolicy(undefined, { transport: "docker", reference: undefined, image: "x" }),
    ).not.toThrow();
  });
});
