/** The last suite: `system reset` takes back what first uses left on purpose, in every store of the other suites. */
import { expect, test } from "bun:test";
import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { execute, host, openEngine, setting } from "./engine.ts";
import { warmUp } from "./warm-up.ts";

test.each(["shared", "images", "outgoing"])(
  "system reset of the store %p leaves no trace of it",
  async (store) => {
    const engine = openEngine(store);
    await warmUp(engine);
    await engine.ok("volume", "create", "kept");
    await engine.ok("run", "-d", "--name", "running", "busybox", "sleep", "1000");
    const table = await tableOf("running", engine.ok);
    await engine.ok("system", "reset", "-f");
    expect(await host("nft", "list", "tables")).not.toContain(table);
    expect(
      (await execute(["find", "/sys/fs/cgroup", "-type", "d", "-name", `podwright-${table}`])).stdout,
    ).toBe("");
    expect(await host("cat", "/proc/self/mountinfo")).not.toContain(engine.root);
    expect(await host("cat", "/proc/self/mountinfo")).not.toContain(engine.runRoot);
    for (const directory of [engine.root, engine.runRoot])
      expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
  },
);

test("no link is left", async () => {
  const links = JSON.parse(await host("ip", "-j", "link")) as readonly { readonly ifname: string }[];
  expect(links.map(({ ifname }) => ifname)).toEqual(["lo"]);
});

/** The store's id, by which tables and cgroups are called, from a container's cgroup. */
async function tableOf(
  container: string,
  ok: (...args: readonly string[]) => Promise<string>,
): Promise<string> {
  const cgroups = await host("cat", `/proc/${await ok("inspect", "-f", "{{.State.Pid}}", container)}/cgroup`);
  const id = /\/podwright-([0-9a-f]{8})\//.exec(cgroups)?.[1];
  if (id === undefined) throw new Error(`no cgroup of the store:\n${cgroups}`);
  // For ./test, which looks again when all is over.
  appendFileSync(join(setting("WORK"), "stores"), `${id}\n`);
  return id;
}
