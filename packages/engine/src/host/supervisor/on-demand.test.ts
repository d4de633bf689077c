/** A real lock and a real process in the supervisor's place. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { createLog } from "../../base/log.ts";
import { OnDemandSupervisor, supervisorBell, supervisorLock, wasKilled } from "./on-demand.ts";
import { LockSeat } from "./lock-seat.ts";
import { waitFor } from "../../../testing/waiting.ts";

let base = "";
beforeEach(() => {
  base = mkdtempSync(`${tmpdir()}/supervisor-`);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** It writes its pid and lives until somebody closes the door. */
function supervisor(): OnDemandSupervisor {
  const script = `echo $$ >> ${base}/pids; while [ -e ${base}/open ]; do sleep 0.02; done`;
  const place = { directory: `${base}/s`, argv: ["/bin/sh", "-c", script], env: { PATH: "/usr/bin:/bin" } };
  return new OnDemandSupervisor(
    place,
    createLog("error", (line) => void process.stderr.write(line)),
  );
}

function starts(): number {
  return existsSync(`${base}/pids`) ? readFileSync(`${base}/pids`, "utf8").trim().split("\n").length : 0;
}

test("wake() starts one where none is, and rings where one is; tell() only rings", async () => {
  const { wake, tell } = { wake: () => supervisor().wake(), tell: () => supervisor().tell() };
  tell();
  expect(existsSync(`${base}/s`)).toBe(false);
  await Bun.write(`${base}/open`, "");
  wake();
  await waitFor("its start", () => starts() === 1);
  const rung = statSync(supervisorBell(`${base}/s`)).mtimeMs;
  await Bun.sleep(5);
  wake();
  tell();
  expect(statSync(supervisorBell(`${base}/s`)).mtimeMs).toBeGreaterThan(rung);
  expect(wasKilled(`${base}/s`)).toBe(false);
  rmSync(`${base}/open`);
  // It ended without a word, as one that was killed: its lock is free and still there.
  await waitFor("its end", () => wasKilled(`${base}/s`));
  expect(starts()).toBe(1);
  wake();
  await waitFor("its start", () => starts() === 2);
});

test("a seat is taken once, and leaves no trace when it is left", () => {
  const place = { directory: `${base}/s`, exits: `${base}/exits`, store: base };
  const [first, second] = [new LockSeat(place), new LockSeat(place)];
  expect(first.take()).toBe(true);
  expect(second.take()).toBe(false);
  expect(first.isHeld()).toBe(true);
  expect(readFileSync(supervisorLock(place.directory), "utf8")).toBe(String(process.pid));
  first.leave();
  expect(first.isHeld()).toBe(false);
  expect(existsSync(place.directory)).toBe(false);
  expect(wasKilled(place.directory)).toBe(false);
  expect(second.take()).toBe(true);
  second.abandon();
  expect(wasKilled(place.directory)).toBe(true);
});

test("of two rings in a row the second one is heard as well", async () => {
  const path = `${base}/s`;
  await Bun.write(`${base}/store`, "");
  const seat = new LockSeat({ directory: path, exits: `${base}/exits`, store: `${base}/store` });
  expect(seat.take()).toBe(true);
  let heard = 0;
  using _ears = seat.listen(() => {
    heard = performance.now();
  });
  for (let round = 0; round < 30; round++) {
    supervisor().tell();
    // The runtime's watcher drops an event that comes a millisecond after one like it.
    await Bun.sleep(1);
    supervisor().tell();
    const second = performance.now();
    await waitFor("the second ring", () => heard > second);
    await Bun.sleep(15);
  }
  seat.leave();
});
