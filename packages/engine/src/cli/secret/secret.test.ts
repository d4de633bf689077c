import type { SecretInfo, SecretsApi } from "@podwright/spec/engine-api/secrets";
import { EngineError } from "@podwright/spec/errors/engine-error";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { runCli } from "../../../testing/cli.ts";
import { command as create } from "./create.ts";
import { command as exists } from "./exists.ts";
import { command as inspect } from "./inspect.ts";
import { command as ls } from "./ls.ts";
import { command as rm } from "./rm.ts";

const ID = "0123456789abcdef012345678";
const info = (name: string): SecretInfo => ({
  id: ID,
  name,
  labels: { a: "b", bare: "" },
  driver: "file",
  driverOptions: { path: "/s" },
  created: Date.parse("2026-11-22T14:15:09.5Z"),
  updated: Date.parse("2026-11-22T14:15:10Z"),
});

function world(api: Partial<SecretsApi>) {
  return { secrets: () => Promise.resolve(api as SecretsApi) };
}

test("create prints the id and passes bytes, labels and options", async () => {
  const directory = mkdtempSync(`${tmpdir()}/secret-`);
  const asked: unknown[] = [];
  const engine = world({
    create: (request) => {
      asked.push({ ...request, data: [...request.data] });
      return Promise.resolve(info("db"));
    },
  });
  writeFileSync(`${directory}/file`, new Uint8Array([0, 255, 10]));
  const flags = { label: ["a=b"], "driver-opts": ["one=1"], replace: true };
  expect((await runCli(create, { args: ["db", `${directory}/file`], flags, engine })).out).toBe(`${ID}\n`);
  expect(asked[0]).toEqual({
    name: "db",
    data: [0, 255, 10],
    labels: { a: "b" },
    driver: "file",
    driverOptions: { one: "1" },
    replace: true,
    ignore: false,
  });
  const none = await runCli(create, { args: ["db", `${directory}/none`], engine });
  expect(none.err).toBe(`Error: open ${directory}/none: no such file or directory\n`);
  rmSync(directory, { recursive: true });
});

test("create from a variable that is not set, or with two ways to meet an old secret, is an error", async () => {
  const engine = world({});
  expect((await runCli(create, { args: ["a", "NONE"], flags: { env: true }, engine })).err).toBe(
    "Error: cannot create store secret data: environment variable NONE is not set\n",
  );
  expect(
    (await runCli(create, { args: ["a", "-"], flags: { ignore: true, replace: true }, engine })).err,
  ).toBe("Error: cannot use --ignore and --replace flags together\n");
});

test("inspect: JSON of four blanks, a template, words for people; the bytes only when asked for", async () => {
  const engine = world({
    inspect: (name) =>
      name === "db"
        ? Promise.resolve(info("db"))
        : Promise.reject(
            new EngineError("SECRET_NOT_FOUND", `no secret with name or id "${name}": no such secret`),
          ),
    read: () => Promise.resolve(new TextEncoder().encode("s3cret")),
  });
  const json = (await runCli(inspect, { args: ["db"], engine })).out;
  expect(json.split("\n").slice(0, 4).join("\n")).toBe(
    `[\n    {\n        "ID": "${ID}",\n        "CreatedAt": "2026-11-22T14:15:09.5Z",`,
  );
  expect(Object.keys(JSON.parse(json)[0])).toEqual(["ID", "CreatedAt", "UpdatedAt", "Spec"]);
  const format = "{{.SecretData}}|{{.Spec.Driver.Options}}|{{.Spec.Labels.a}}|{{.CreatedAt}}";
  expect((await runCli(inspect, { args: ["db"], flags: { format }, engine })).out).toBe(
    "|map[path:/s]|b|2026-11-22 14:15:09.5 +0000 UTC\n",
  );
  const shown = { format: "{{ .SecretData }}", showsecret: true };
  expect((await runCli(inspect, { args: ["db", "db"], flags: shown, engine })).out).toBe("s3cret\ns3cret\n");
  expect((await runCli(inspect, { args: ["db"], flags: { pretty: true }, engine })).out).toBe(
    `ID:              ${ID}
Name:            db
Labels:
 - a=b
 - bare
Driver:          file
Created at:      2026-11-22 14:15:09.5 +0000 UTC
Updated at:      2026-11-22 14:15:10 +0000 UTC
`,
  );
  expect(await runCli(inspect, { args: ["x", "y"], engine })).toEqual({
    out: "[]\n",
    err: 'error inspecting secret: no secret with name or id "y": no such secret\nError: inspecting secret: no secret with name or id "x": no such secret\n',
    status: 125,
  });
});

test("ls: a table with its heading even when empty, ids, a template that wins over --quiet", async () => {
  const engine = world({ list: () => Promise.resolve([info("db")]) });
  const table = (await runCli(ls, { engine })).out.split("\n");
  expect(table[0]?.trim()).toMatch(/^ID +NAME +DRIVER +CREATED +UPDATED$/);
  expect(table[1]).toMatch(/^0123456789abcdef012345678 +db +file +.* ago +.* ago$/);
  expect((await runCli(ls, { flags: { quiet: true }, engine })).out).toBe(`${ID}\n`);
  expect((await runCli(ls, { flags: { quiet: true, format: "{{.Name}}" }, engine })).out).toBe("db\n");
  const empty = world({ list: () => Promise.resolve([]) });
  expect((await runCli(ls, { engine: empty })).out).toMatch(/^ID +NAME/);
  expect((await runCli(ls, { flags: { noheading: true }, engine: empty })).out).toBe("");
});

test("rm wants names or --all; exists answers by its status", async () => {
  const engine = world({
    remove: (names) => Promise.resolve(names.map((input) => ({ input, id: ID }))),
    exists: (name) => Promise.resolve(name === "db"),
  });
  expect((await runCli(rm, { args: ["db"], engine })).out).toBe(`${ID}\n`);
  expect((await runCli(rm, { engine })).err).toBe(
    "Error: `podwright secret rm` requires one argument, or the --all flag\n",
  );
  expect((await runCli(exists, { args: ["db"], engine })).status).toBe(0);
  expect((await runCli(exists, { args: ["none"], engine })).status).toBe(1);
});
