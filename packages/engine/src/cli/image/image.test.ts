import type { ImagesApi, ImageSummary, PullRequest } from "@podwright/spec/engine-api/images";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { expect, test } from "bun:test";
import { runCli } from "../../../testing/cli.ts";
import { command as exists } from "./exists.ts";
import { command as images } from "./list.ts";
import { command as load } from "./load.ts";
import { command as prune } from "./prune.ts";
import { command as pull } from "./pull.ts";
import { command as rmi } from "./rm.ts";

const summary = (letter: string, names: readonly string[], created: number): ImageSummary => ({
  id: letter.repeat(64),
  parentId: "",
  names,
  digest: `sha256:${"d".repeat(64)}`,
  repoDigests: [],
  created,
  size: 8_520_000,
  labels: {},
  containers: 0,
  dangling: names.length === 0,
  readOnly: false,
  history: names,
  arch: "amd64",
  os: "linux",
});
const hour = 3_600_000;
const now = Date.now();
const STORE = [
  summary("a", ["docker.io/library/nginx:latest", "localhost/web:1"], now - 50 * hour),
  summary("b", [], now - 3 * hour),
  summary("c", [`quay.io/x/y@sha256:${"e".repeat(64)}`], now - 20 * 24 * hour),
];

function world(api: Partial<ImagesApi>) {
  return { images: () => Promise.resolve(api as ImagesApi) };
}
const listed = world({ list: () => Promise.resolve(STORE) });

test("images: a row for each name, newest first", async () => {
  expect((await runCli(images, { engine: listed })).out).toBe(
    [
      "REPOSITORY               TAG         IMAGE ID      CREATED      SIZE",
      "<none>                   <none>      bbbbbbbbbbbb  3 hours ago  8.52 MB",
      "docker.io/library/nginx  latest      aaaaaaaaaaaa  2 days ago   8.52 MB",
      "localhost/web            1           aaaaaaaaaaaa  2 days ago   8.52 MB",
      "quay.io/x/y              <none>      cccccccccccc  2 weeks ago  8.52 MB",
      "",
    ].join("\n"),
  );
});

test("images: ids once, sorted, templates, JSON", async () => {
  const out = async (flags: object, args: string[] = []): Promise<string> =>
    (await runCli(images, { engine: listed, flags, args })).out;
  expect(await out({ quiet: true, sort: "id" })).toBe(
    `${"a".repeat(12)}\n${"b".repeat(12)}\n${"c".repeat(12)}\n`,
  );
  expect(await out({ quiet: true, "no-trunc": true, sort: "id" })).toStartWith(`sha256:${"a".repeat(64)}\n`);
  expect(await out({ format: "{{.Repository}}:{{.Tag}} {{.Containers}}", sort: "repository" })).toStartWith(
    "<none>:<none> 0\ndocker.io/library/nginx:latest 0\n",
  );
  expect(await out({ digests: true, noheading: true })).toContain(
    `<none>      sha256:${"d".repeat(64)}  bbbbbbbbbbbb`,
  );
  const json = JSON.parse(await out({ format: "json" }));
  expect(json).toHaveLength(4);
  expect(Object.keys(json[1]).join(" ")).toBe(
    "Id ParentId RepoTags RepoDigests Size SharedSize VirtualSize Labels Containers Digest History Names Created CreatedAt",
  );
  expect((await out({ format: "{{json .}}", sort: "tag" })).split("\n")[0]).toStartWith(
    `{"repository":"localhost/web","tag":"1","Id":"${"a".repeat(64)}",`,
  );
});

test("images: filters and names reach the engine, not both", async () => {
  const asked: unknown[] = [];
  const engine = world({
    list: (filters, options) => {
      asked.push([filters, options]);
      return Promise.resolve([]);
    },
  });
  await runCli(images, { engine, flags: { filter: ["label=a=b", "label!=c"] } });
  await runCli(images, { engine, args: ["nginx"], flags: { all: true } });
  expect(asked).toEqual([
    [{ label: ["a=b"], "label!": ["c"] }, { all: false }],
    [{}, { all: true, name: "nginx" }],
  ]);
  const both = await runCli(images, { engine, args: ["x"], flags: { filter: ["label=a"] } });
  expect([both.err, both.status]).toEqual(["Error: cannot specify an image and a filter(s)\n", 125]);
  const odd = await runCli(images, { engine, flags: { sort: "colour" } });
  expect(odd.err).toContain(
    '"colour" is not a valid field for sorting. Choose from: created, id, repository, size, tag',
  );
});

test("pull: options reach the engine; one failure of several is told and the rest pulled", async () => {
  const asked: PullRequest[] = [];
  const engine = world({
    pull: (request) => {
      asked.push(request);
      if (request.reference === "bad") throw new EngineError("REGISTRY_UNAVAILABLE", "no registry");
      return Promise.resolve(["1".repeat(64)]);
    },
  });
  const flags = {
    platform: "linux/arm64/v8",
    "tls-verify": false,
    retry: 0,
    "retry-delay": "2s",
    quiet: true,
  };
  const { out, err, status } = await runCli(pull, { engine, args: ["bad", "good"], flags });
  expect([out, err, status]).toEqual([`${"1".repeat(64)}\n`, "Error: no registry\n", 125]);
  expect(asked[1]).toEqual({
    reference: "good",
    policy: "always",
    allTags: false,
    platform: { os: "linux", arch: "arm64", variant: "v8" },
    tlsVerify: false,
    retry: 0,
    retryDelay: 2000,
  });
});

test("rmi: prints what went, and the gravest failure decides the status", async () => {
  const unknown = new EngineError("IMAGE_NOT_KNOWN", "x: image not known", { exit: 1 });
  const inUse = new EngineError("IMAGE_IN_USE", "image used by 1: image is in use by a container");
  const engine = world({
    remove: () =>
      Promise.resolve([
        { input: "a", untagged: ["localhost/a:1"], deleted: ["f".repeat(64)] },
        { input: "y", untagged: [], deleted: [], error: inUse },
        { input: "x", untagged: [], deleted: [], error: unknown },
      ]),
  });
  const { out, err, status } = await runCli(rmi, { engine, args: ["a", "y", "x"] });
  expect(out).toBe(`Untagged: localhost/a:1\nDeleted: ${"f".repeat(64)}\n`);
  expect(err).toBe("Error: image used by 1: image is in use by a container\nError: x: image not known\n");
  expect(status).toBe(2);
  expect((await runCli(rmi, { engine })).err).toBe("Error: image name or ID must be specified\n");
});

test("exists, load and prune", async () => {
  const engine = world({
    exists: (name) => Promise.resolve(name === "there"),
    load: () => Promise.resolve(["docker.io/library/a:1", `sha256:${"2".repeat(64)}`]),
    prune: () => Promise.resolve([{ input: "x", untagged: [], deleted: ["9".repeat(64)] }]),
  });
  expect((await runCli(exists, { engine, args: ["there"] })).status).toBe(0);
  expect((await runCli(exists, { engine, args: ["gone"] })).status).toBe(1);
  expect((await runCli(load, { engine, flags: { input: "f" } })).out).toBe(
    `Loaded image: docker.io/library/a:1\nLoaded image: sha256:${"2".repeat(64)}\n`,
  );
  expect((await runCli(prune, { engine, answer: "n" })).out).toStartWith(
    "WARNING! This command removes all dangling images.\nAre you sure",
  );
  expect((await runCli(prune, { engine, answer: "y" })).out).toEndWith(`${"9".repeat(64)}\n`);
});
