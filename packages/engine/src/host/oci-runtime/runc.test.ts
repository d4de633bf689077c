import { expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { runcRuntime } from "./runc.ts";

/** A runtime whose own `start` fails, and the fifo of a container that `write` writes to. */
async function startWith(write: string): Promise<void> {
  const root = mkdtempSync(`${tmpdir()}/runc-`);
  try {
    mkdirSync(`${root}/c`);
    const fifo = `${root}/c/exec.fifo`;
    Bun.spawnSync(["mkfifo", fifo]);
    const init = Bun.spawn(["bash", "-c", write, "init", fifo], { stderr: "inherit" });
    await runcRuntime({ name: "runc", path: "/bin/false", root }).start("c");
    expect(existsSync(fifo)).toBe(false);
    expect(await init.exited).toBe(0);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("an init that comes late, on a busy host, is waited for", async () => {
  await startWith('sleep 0.6; printf 0 > "$1"');
});

test("one that has opened the fifo is not left alone before it has written", async () => {
  await startWith('exec 3> "$1"; sleep 2.2; printf 0 >&3');
});
