import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { temporaryDirectory } from "../../testing/kernel.ts";
import { containerConfig } from "../../testing/records.ts";
import { FlockLocks } from "../host/lock/flock-locks.ts";
import type { ContainerNetwork } from "../ports/container-record.ts";
import { forgetMember, nameMember } from "./member-hosts.ts";

const POD = "p".repeat(64);
const BASE = "127.0.0.1\tlocalhost\n10.88.0.2\tpod infra\n";

function member(name: string, kind: "pod" | "host" = "pod") {
  const config = containerConfig(name);
  const network: ContainerNetwork = { ...config.network, mode: { kind } };
  return { name, podId: POD, network };
}

function world(path: string) {
  const ctx = { settings: { runRoot: path }, locks: new FlockLocks(`${path}/locks`) };
  const file = `${path}/sandboxes/${POD}/hosts`;
  return { ctx, file, text: () => readFileSync(file, "utf8") };
}

test("a member has a line while it runs, in the file that is bound into its siblings", async () => {
  using dir = temporaryDirectory();
  const { ctx, file, text } = world(dir.path);
  mkdirSync(`${dir.path}/sandboxes/${POD}`, { recursive: true });
  writeFileSync(file, BASE);
  const names = Array.from({ length: 12 }, (_, i) => `m${i}`);
  await Promise.all(names.map((name) => nameMember(ctx, member(name))));
  for (const name of names) expect(text()).toContain(`127.0.0.1\t${name}\n`);
  await nameMember(ctx, member("m3"));
  await nameMember(ctx, member("infra"));
  expect(text().trim().split("\n")).toHaveLength(14);
  await Promise.all(names.map((name) => forgetMember(ctx, member(name))));
  expect(text()).toBe(BASE);
});

test("a container with a network of its own has none, and a pod that is down no file", async () => {
  using dir = temporaryDirectory();
  const { ctx, file, text } = world(dir.path);
  await nameMember(ctx, member("web"));
  await forgetMember(ctx, member("web"));
  expect(existsSync(`${dir.path}/locks`)).toBe(false);
  mkdirSync(`${dir.path}/sandboxes/${POD}`, { recursive: true });
  writeFileSync(file, `${BASE}127.0.0.1\tweb\n`);
  await forgetMember(ctx, member("web", "host"));
  expect(text()).toBe(`${BASE}127.0.0.1\tweb\n`);
});
