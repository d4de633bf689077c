import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { FlockLocks } from "./flock-locks.ts";

const directory = mkdtempSync(`${tmpdir()}/locks-`);
afterAll(() => rmSync(directory, { recursive: true }));
const locks = new FlockLocks(`${directory}/not/yet`);

test("a held lock is refused to a second taker and given after release", async () => {
  const first = await locks.acquire("container-a");
  expect(locks.tryAcquire("container-a")).toBeUndefined();
  const waiting = locks.acquire("container-a");
  first.release();
  (await waiting).release();
});

test("a release wakes those of its own process at once, one after the other", async () => {
  const first = await locks.acquire("container-w");
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (number) => {
    using _held = await locks.acquire("container-w");
    order.push(number);
  });
  // By now they look only every 20 milliseconds.
  await Bun.sleep(100);
  first.release();
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(order).toHaveLength(3);
  await Promise.all(waiting);
});

test("shared holders do not exclude each other", async () => {
  using one = await locks.acquire("blob-x", { mode: "shared" });
  using two = await locks.acquire("blob-x", { mode: "shared" });
  expect([one.name, two.name]).toEqual(["blob-x", "blob-x"]);
  expect(locks.tryAcquire("blob-x")).toBeUndefined();
});

test("a waiter does not end up with a lock on a file that was forgotten", async () => {
  const holder = await locks.acquire("pod-p");
  const waiting = locks.acquire("pod-p");
  await Bun.sleep(5);
  locks.forget("pod-p");
  holder.release();
  using got = await waiting;
  expect(got.name).toBe("pod-p");
  expect(locks.tryAcquire("pod-p")).toBeUndefined();
});

test("sweep() drops the files of what is gone, but for those that are held", async () => {
  const swept = new FlockLocks(`${directory}/swept`);
  for (const name of ["container-left", "container-kept", "container-held"])
    (await swept.acquire(name)).release();
  using held = await swept.acquire("container-held");
  swept.sweep((name) => name !== "container-kept");
  expect(held.name).toBe("container-held");
  expect(readdirSync(`${directory}/swept`).sort()).toEqual(["container-held", "container-kept"]);
});

test("waiting ends when the signal is aborted", async () => {
  using held = await locks.acquire("volume-v");
  const abort = new AbortController();
  const waiting = locks.acquire("volume-v", { signal: abort.signal });
  abort.abort();
  expect(waiting).rejects.toThrow("canceled");
  expect(held.name).toBe("volume-v");
});

test("the kernel gives the lock of a killed process to the next taker", async () => {
  const script = `import {FlockLocks} from "${import.meta.dir}/flock-locks.ts";
    await new FlockLocks("${directory}").acquire("container-k"); console.log("held"); setInterval(()=>{}, 1000)`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  await child.stdout.getReader().read();
  const mine = new FlockLocks(directory);
  expect(mine.tryAcquire("container-k")).toBeUndefined();
  child.kill(9);
  (await mine.acquire("container-k")).release();
});
