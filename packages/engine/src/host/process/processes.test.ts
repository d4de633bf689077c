import { expect, test } from "bun:test";
import { ProcProcesses } from "./processes.ts";
import { runChecked, runCommand } from "./run.ts";

const processes = new ProcProcesses();

test("identify() knows this process, and that a reused pid is another", () => {
  const self = processes.identify(process.pid);
  expect(self?.startTime).toBeGreaterThan(0);
  if (self === undefined) throw new Error("this process has no identity");
  expect(processes.isAlive(self)).toBe(true);
  expect(processes.isAlive({ ...self, startTime: self.startTime - 1 })).toBe(false);
  expect(processes.isAlive({ ...self, bootId: "another boot" })).toBe(false);
});

test("identify() gives nothing for a process that has ended", async () => {
  const child = Bun.spawn(["true"]);
  await child.exited;
  expect(processes.identify(child.pid)).toBeUndefined();
});

test("runCommand() collects output, status and signal", async () => {
  const result = await runCommand({ argv: ["sh", "-c", "cat; echo oops >&2; exit 3"], input: "hi" });
  expect(result.stdout.toString()).toBe("hi");
  expect(result.stderr).toBe("oops\n");
  expect(result.exitCode).toBe(3);
  const killed = await runCommand({ argv: ["sleep", "10"], timeoutMs: 30 });
  expect(killed.signal).toBe("SIGKILL");
});

test("runChecked() throws with the last lines of stderr, and names a missing program", async () => {
  expect(runChecked({ argv: ["sh", "-c", "echo bad >&2; exit 2"] })).rejects.toThrow("sh: bad");
  expect(runChecked({ argv: ["/nonexistent/tool"] })).rejects.toThrow("cannot start /nonexistent/tool");
});

test("sharingMounts() lists the process itself with those beside it, and nothing for one that is gone", () => {
  const all = processes.sharingMounts(process.pid);
  expect(all).toContain(process.pid);
  expect(all).toContain(process.ppid);
  expect(processes.sharingMounts(2 ** 22 + 1)).toEqual([]);
});
