import { RecordedEvents } from "../../testing/quiet.ts";
import { afterAll, expect, test } from "bun:test";
import type { SecretRequest, SecretsApi } from "@podwright/spec/engine-api/secrets";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { DirectorySecretFiles } from "../host/files/secret-files.ts";
import { FlockLocks } from "../host/lock/flock-locks.ts";
import { SqliteStore } from "../state/sqlite-store.ts";
import { secretsApi } from "./secrets-api.ts";

const base = mkdtempSync(`${tmpdir()}/secrets-`);
afterAll(() => rmSync(base, { recursive: true }));
let number = 0;

function fresh(): { api: SecretsApi; directory: string } {
  const root = `${base}/${++number}`;
  let id = 0;
  let now = 0;
  const api = secretsApi({
    store: SqliteStore.open(root),
    locks: new FlockLocks(`${root}/locks`),
    ids: { id: () => `abc${++id}`.padEnd(64, "0"), name: () => "unused" },
    clock: { now: () => (now += 1000) },
    events: new RecordedEvents(),
    files: new DirectorySecretFiles(`${root}/secrets`),
  });
  return { api, directory: `${root}/secrets` };
}

function request(name: string, data: string, more: Partial<SecretRequest> = {}): SecretRequest {
  return { name, data: new TextEncoder().encode(data), labels: {}, replace: false, ignore: false, ...more };
}

const textOf = async (api: SecretsApi, name: string): Promise<string> =>
  new TextDecoder().decode(await api.read(name));

test("create() keeps the bytes where only their owner reads them", async () => {
  const { api, directory } = fresh();
  const secret = await api.create(request("db", "s3cret", { labels: { a: "b" } }));
  expect(secret).toEqual({
    id: `abc1${"0".repeat(21)}`,
    name: "db",
    labels: { a: "b" },
    driver: "file",
    driverOptions: { path: directory },
    created: 1000,
    updated: 1000,
  });
  expect(await textOf(api, "db")).toBe("s3cret");
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(`${directory}/${secret.id}`).mode & 0o777).toBe(0o600);
});

test("a name that is taken: an error, a replacement with another id, or what is there", async () => {
  const { api, directory } = fresh();
  const first = await api.create(request("db", "one"));
  expect(api.create(request("db", "two"))).rejects.toThrow("db: secret name in use");
  expect((await api.create(request("db", "two", { ignore: true }))).id).toBe(first.id);
  const second = await api.create(request("db", "two", { replace: true }));
  expect([second.id === first.id, second.created, second.updated]).toEqual([false, 1000, 2000]);
  expect(await textOf(api, "db")).toBe("two");
  expect(readdirSync(directory)).toEqual([second.id]);
  expect(api.inspect(first.id)).rejects.toThrow(`no secret with name or id "${first.id}": no such secret`);
});

test("names, sizes, drivers that cannot be are refused and leave nothing", async () => {
  const { api, directory } = fresh();
  for (const name of ["", "a/b", "a=b", "a,b", "a\0", "x".repeat(254)]) {
    expect(api.create(request(name, "x"))).rejects.toThrow("invalid secret name");
  }
  expect(api.create(request("a", ""))).rejects.toThrow("larger than 0 and less than 512000 bytes");
  expect(api.create(request("a", "x".repeat(512_000)))).rejects.toThrow("less than 512000");
  expect(api.create(request("a", "x", { driver: "pass" }))).rejects.toThrow('secret driver "pass"');
  expect(api.create(request("a", "x", { driverOptions: { path: "/x" } }))).rejects.toThrow('option "path"');
  expect(api.create(request("a", "x", { replace: true, ignore: true }))).rejects.toThrow("together");
  expect(await api.list({})).toEqual([]);
  expect(() => readdirSync(directory)).toThrow("ENOENT");
});

test("found by name, id and unique prefix; an id wins over a name, an empty word is nobody's", async () => {
  const { api } = fresh();
  const one = await api.create(request("one", "1"));
  await api.create(request("two", "2"));
  const strange = await api.create(request(one.id, "named like another's id"));
  expect((await api.inspect(one.id)).name).toBe("one");
  expect((await api.inspect("abc2")).name).toBe("two");
  expect(api.inspect("abc")).rejects.toThrow("more than one result secret with prefix abc");
  expect(await Promise.all(["two", "", "zz"].map((name) => api.exists(name)))).toEqual([true, false, false]);
  expect((await api.inspect("abc3")).id).toBe(strange.id);
});

test("list() is in order of names; filters are patterns", async () => {
  const { api } = fresh();
  for (const name of ["b2", "a1", "a2"]) await api.create(request(name, name));
  const names = async (filters: Record<string, string[]>): Promise<string[]> =>
    (await api.list(filters)).map(({ name }) => name);
  expect(await names({})).toEqual(["a1", "a2", "b2"]);
  expect(await names({ name: ["^a", "b2"] })).toEqual(["a1", "a2", "b2"]);
  expect(await names({ name: ["2$"], id: ["^abc3"] })).toEqual(["a2"]);
  expect(names({ label: ["x"] })).rejects.toThrow('invalid filter "label"');
});

test("remove() takes the bytes along, and those that a killed command left", async () => {
  const { api, directory } = fresh();
  const { id } = await api.create(request("a", "1"));
  const kept = await api.create(request("b", "1"));
  writeFileSync(`${directory}/orphan`, "x");
  const outcomes = await api.remove(["a", "none"], { all: false, ignore: false });
  expect(outcomes[0]).toEqual({ input: "a", id });
  expect(outcomes[1]?.error).toMatchObject({
    exitCode: 1,
    message: 'no secret with name or id "none": no such secret',
  });
  expect(readdirSync(directory)).toEqual([kept.id]);
  expect(await api.remove(["none"], { all: false, ignore: true })).toEqual([]);
  expect((await api.remove([], { all: true, ignore: false })).map((outcome) => outcome.id)).toEqual([
    kept.id,
  ]);
});
