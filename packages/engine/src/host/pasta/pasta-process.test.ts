import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcProcesses } from "../process/processes.ts";
import { PastaProcess, portOptions } from "./pasta-process.ts";

test("no port: nothing leads in", () => {
  expect(portOptions([])).toEqual(["-t", "none", "-u", "none", "-T", "none", "-U", "none"]);
});

test("ranges, host addresses and protocols", () => {
  const base = { hostIp: "", length: 1, protocol: "tcp" } as const;
  const options = portOptions([
    { ...base, hostPort: 8080, containerPort: 80 },
    { ...base, hostIp: "127.0.0.1", hostPort: 9000, containerPort: 90, length: 10 },
    { ...base, hostPort: 53, containerPort: 5353, protocol: "udp" },
  ]);
  expect(options.slice(0, 6)).toEqual(["-t", "8080:80", "-t", "127.0.0.1/9000-9009:90-99", "-u", "53:5353"]);
});

test("a note of a process that is not pasta ends nothing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "pasta-"));
  try {
    const pidFile = join(directory, "pasta.pid");
    const pasta = new PastaProcess(new ProcProcesses(), [], join(directory, "options"));
    for (const note of ["", "1", String(process.pid), "nonsense"]) {
      writeFileSync(pidFile, note);
      await pasta.stop(pidFile);
    }
    await pasta.stop(join(directory, "nothing"));
    expect(await pasta.abilities()).toEqual({ publishes: true, hostAddress: "" });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a missing pasta is named, with what works without it", async () => {
  const request = { netnsPath: "/n", pidFile: "/p", ports: [], options: [] };
  const missing = new PastaProcess(new ProcProcesses(), ["/nonexistent/pasta"], "/nonexistent/options").start(
    request,
  );
  await expect(missing).rejects.toMatchObject({ code: "HOST_PART_MISSING" });
});
