import { expect, test } from "bun:test";
import { runBounded } from "./run-bounded.ts";

const sh = (script: string) => ["sh", "-c", script];
const nothing = (): void => {};

test("gives the exit code and the end of what both streams said", async () => {
  const end = await runBounded({ argv: sh("echo out; echo err >&2; exit 3"), timeout: 5000, kill: nothing });
  expect([end.exitCode, end.killed]).toEqual([3, false]);
  expect(end.output.split("\n").sort()).toEqual(["", "err", "out"]);
  const input = await runBounded({ argv: ["cat"], input: "hello", timeout: 5000, kill: nothing });
  expect(input.output).toBe("hello");
});

test("keeps kilobytes of endless output, and ends what does not end", async () => {
  const started = performance.now();
  const end = await runBounded({ argv: ["yes"], timeout: 200, kill: nothing });
  expect([end.exitCode, end.killed]).toEqual([137, true]);
  expect(end.output.length).toBeLessThanOrEqual(4096);
  expect(performance.now() - started).toBeLessThan(3000);
});

test("does not wait for those who inherited the output", async () => {
  const started = performance.now();
  const end = await runBounded({ argv: sh("sleep 3 & echo done"), timeout: 5000, kill: nothing });
  expect([end.exitCode, end.output]).toEqual([0, "done\n"]);
  expect(performance.now() - started).toBeLessThan(2000);
});

test("an abort tells what was started to end, and leaves the command to end with it", async () => {
  const over = new AbortController();
  const told: string[] = [];
  setTimeout(() => over.abort(), 50);
  const { signal } = over;
  const end = await runBounded({
    argv: ["sleep", "0.3"],
    timeout: 5000,
    signal,
    kill: () => told.push("end"),
  });
  expect([end.exitCode, end.killed, told]).toEqual([0, true, ["end"]]);
});

test("a program that is not there is an error", () => {
  expect(runBounded({ argv: ["/nonexistent"], timeout: 100, kill: nothing })).rejects.toThrow(
    "cannot start /nonexistent: not found or not executable",
  );
});
