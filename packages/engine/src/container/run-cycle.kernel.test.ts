import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { openTestEngine, type TestEngine } from "../../testing/container-engine.ts";
import { inOwnNamespaces, sh, temporaryDirectory } from "../../testing/kernel.ts";

const REMOVE = { force: false, ignore: false, volumes: true, depend: false };
const FORCE = { ...REMOVE, force: true };

inOwnNamespaces(import.meta.path, () => {
  const one = (id: string) => ({ names: [id], all: false });

  async function failureOf(work: Promise<readonly { readonly error?: Error }[]>): Promise<Error | undefined> {
    const [outcome] = await work;
    return outcome?.error;
  }

  async function attached(engine: TestEngine, id: string) {
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    const result = await engine.containers.startAttached(id, {
      stdout: (chunk) => void out.push(chunk),
      stderr: (chunk) => void err.push(chunk),
      detachKeys: [],
    });
    return { ...result, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  }

  /** Everything that the engine could have left on the host. */
  function leftovers(engine: TestEngine, base: string): string[] {
    const { runRoot, root, storeId } = engine.ctx.settings;
    const list = (path: string): string[] =>
      existsSync(path) ? readdirSync(path).map((n) => `${path}/${n}`) : [];
    return [
      ...["containers", "sandboxes", "exits", "locks", "runtime/runc"].flatMap((name) =>
        list(`${runRoot}/${name}`),
      ),
      ...list(`${root}/containers`),
      ...sh(`findmnt -rno TARGET | grep ^${base}/ || true`).split("\n").filter(Boolean),
      ...engine.ctx.cgroups.processes(`/podwright-test-${storeId}`).map((pid) => `process ${pid}`),
      ...sh(`ls -d /sys/fs/cgroup/*/podwright-test-${storeId}/*/ 2>/dev/null || true`)
        .split("\n")
        .filter(Boolean),
      ...sh(`ps axo args | grep '^[^ ]*conmon .*${base}' || true`).split("\n").filter(Boolean),
    ];
  }

  async function settle(engine: TestEngine, base: string): Promise<string[]> {
    let left = leftovers(engine, base);
    for (let i = 0; i < 40 && left.length > 0; i += 1) {
      await Bun.sleep(25);
      left = leftovers(engine, base);
    }
    await engine.ctx.cgroups.remove(`/podwright-test-${engine.ctx.settings.storeId}`);
    return left;
  }

  test("a foreground run gives output, both streams apart, the exit code, and leaves nothing after rm", async () => {
    using dir = temporaryDirectory();
    const engine = openTestEngine(dir.path);
    const id = engine.add(["sh", "-c", "echo out; echo err >&2; exit 7"]);
    expect(await attached(engine, id)).toEqual({ detached: false, exitCode: 7, out: "out\n", err: "err\n" });
    expect(engine.ctx.store.containers.get(id)?.state.exit?.exitCode).toBe(7);
    expect(readFileSync(`${engine.ctx.settings.root}/containers/${id}/ctr.log`, "utf8")).toContain(
      "stdout F out",
    );
    expect(await failureOf(engine.containers.remove(one(id), REMOVE))).toBeUndefined();
    expect(await settle(engine, dir.path)).toEqual([]);
  });
});
